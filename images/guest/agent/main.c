#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kit/clock.h"
#include "../kit/files.h"
#include "../kit/namespaces.h"
#include "agent.h"
#include "cells.h"
#include "residents.h"
#include "trigger_service.h"

void give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("compat-matrix agent: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    for (;;)
        pause();
}

static void say_hello(void *mailbox)
{
    struct cmx_hello hello = {.version = CMX_PROTOCOL_VERSION};
    struct utsname name;
    struct timespec now;
    uname(&name);
    clock_gettime(CLOCK_MONOTONIC, &now);
    hello.has_btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    hello.uptime_microseconds = now.tv_sec * 1000000ull + now.tv_nsec / 1000;
    snprintf(hello.release, sizeof(hello.release), "%s", name.release);
    snprintf(hello.version_text, sizeof(hello.version_text), "%s", name.version);
    send_frame(mailbox, CMX_HELLO, &hello, sizeof(hello), NULL, 0);
}

/// Terminates every string from the host within its field, regardless of what the host sent.
static void close_string(char *field)
{
    field[CMX_NAME_BYTES - 1] = '\0';
}

static void store_file(struct cmx_file *file, const void *bytes, uint32_t length)
{
    file->path[CMX_PATH_BYTES - 1] = '\0';
    if (file->offset == 0)
        make_folders(file->path);
    int flags = O_WRONLY | O_CREAT | (file->offset == 0 ? O_TRUNC : 0);
    int descriptor = open(file->path, flags, 0755);
    if (descriptor < 0 || pwrite(descriptor, bytes, length, file->offset) != (ssize_t)length)
        give_up("cannot write %s: %s", file->path, strerror(errno));
    close(descriptor);
}

/// Does nothing if this kernel has no such file.
static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (write(file, text, strlen(text)) < 0)
        fprintf(stderr, "compat-matrix agent: cannot write %s: %s\n", path, strerror(errno));
    close(file);
}

/// The processes that run triggers: the service and its shells.
static struct {
    pid_t service;
    struct waiting_shells *shells;
} triggers;

static void start_triggers(void)
{
    if (triggers.shells == NULL)
        triggers.shells = mmap(NULL, sizeof(*triggers.shells), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                               0);
    if (triggers.shells == MAP_FAILED)
        give_up("no memory to share with the trigger service");
    triggers.service = start_trigger_service(triggers.shells);
}

static void run_load(void *mailbox, struct cmx_load *load)
{
    close_string(load->loader);
    close_string(load->object);
    close_string(load->plan);
    struct cmx_cell begin = {load->cell};
    send_frame(mailbox, CMX_CELL_BEGIN, &begin, sizeof(begin), NULL, 0);
    long long start = now_microseconds();
    int log = watch_kernel_log();
    pid_t last = last_process();
    if (load->plan[0] != '\0' && (triggers.service == 0 || waitpid(triggers.service, NULL, WNOHANG) != 0))
        start_triggers();
    struct cmx_cell_end end = run_cell(mailbox, load);
    remove_leftovers(last, triggers.service, triggers.shells);
    send_kernel_log(mailbox, log, load->cell);
    end.microseconds = microseconds_since(start);
    send_frame(mailbox, CMX_CELL_END, &end, sizeof(end), NULL, 0);
    // Later cells would not see the kernel that they ask for. The host measures them in another guest.
    if (spoiled_sysctl() != NULL)
        give_up("cannot restore the sysctl %s", spoiled_sysctl());
}

static void run_module(void *mailbox, struct cmx_module *module)
{
    close_string(module->path);
    insert_module(mailbox, module->path);
}

static void run_examination(void *mailbox, const struct cmx_cell *examine)
{
    struct cmx_load load = {.cell = examine->cell, .loader = "libbpf"};
    run_load(mailbox, &load);
}

int main(int argc, char **argv)
{
    static char payload[CMX_MAX_PAYLOAD];
    // The kernel passes unknown words of its command line to PID 1.
    if (getpid() != 1 && argc == 3 && strcmp(argv[1], "trigger") == 0)
        return run_trigger(argv[2]);
    signal(SIGPIPE, SIG_IGN);
    mount_filesystems();
    raise_loopback();
    // Kernels before 5.11 charge maps and programs to RLIMIT_MEMLOCK; the default of 64 KiB lasts for about fifteen loads.
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &unlimited);

    // Enabled once: each time, the kernel patches its own code, and TCG discards all translations of that page.
    write_file(RUN_COUNTS_SWITCH, "1");
    // Detaching programs and removing networks waits for RCU, and in an idle guest RCU waits for the timer.
    write_file("/sys/kernel/rcu_expedited", "1");

    void *mailbox = map_mailbox();
    say_hello(mailbox);
    start_triggers();
    start_image_residents();
    send_frame(mailbox, CMX_WARMED, NULL, 0, NULL, 0);

    for (;;) {
        struct cmx_frame frame = receive_frame(mailbox, payload);
        if (frame.type == CMX_BEGIN)
            say_hello(mailbox);
        else if (frame.type == CMX_FILE && frame.length >= sizeof(struct cmx_file))
            store_file((struct cmx_file *)payload, payload + sizeof(struct cmx_file),
                       frame.length - sizeof(struct cmx_file));
        else if (frame.type == CMX_MODULE && frame.length == sizeof(struct cmx_module))
            run_module(mailbox, (struct cmx_module *)payload);
        else if (frame.type == CMX_LOAD && frame.length == sizeof(struct cmx_load))
            run_load(mailbox, (struct cmx_load *)payload);
        else if (frame.type == CMX_EXAMINE && frame.length == sizeof(struct cmx_cell))
            run_examination(mailbox, (struct cmx_cell *)payload);
        else
            give_up("frame of type %u with %u bytes is not of protocol %u", frame.type, frame.length,
                    CMX_PROTOCOL_VERSION);
    }
}
