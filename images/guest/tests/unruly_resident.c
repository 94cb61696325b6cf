/// A resident loader that misbehaves instead of loading the object, a text with one word of the table below.
/// Nothing may reach the next cell. Every cell that lives long enough reports what it sees.
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kit/frames.h"
#include "../kit/namespaces.h"
#include "../kit/residency.h"

#define LEFT_MEMORY (128 << 20)
#define MUCH_MEMORY (100 << 20)

extern char **environ;

static char seen[16 << 10];

__attribute__((format(printf, 1, 2))) static void see(const char *format, ...)
{
    size_t length = strlen(seen);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(seen + length, sizeof(seen) - length, format, arguments);
    va_end(arguments);
}

static int count_entries(const char *path, const char *prefix)
{
    int count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (folder != NULL)
        closedir(folder);
    return count;
}

/// Reports the lines of a file that start with `prefix`.
static void see_lines(const char *path, const char *prefix)
{
    char line[256];
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, prefix, strlen(prefix)) == 0)
            see("%s", line);
    if (file != NULL)
        fclose(file);
}

/// Counts the processes of this program.
static int count_loaders(void)
{
    int count = 0;
    char path[64], own[256] = "", other[256];
    if (readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
        return -1;
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
        memset(other, 0, sizeof(other));
        snprintf(path, sizeof(path), "/proc/%.16s/exe", entry->d_name);
        count += readlink(path, other, sizeof(other) - 1) > 0 && strcmp(own, other) == 0;
    }
    if (processes != NULL)
        closedir(processes);
    return count;
}

static int has_much_memory(void)
{
    unsigned long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL || fscanf(file, "%*u %lu", &resident) != 1)
        abort();
    fclose(file);
    return resident * getpagesize() > MUCH_MEMORY;
}

static void report_what_is_seen(uint32_t cell)
{
    char folder[256] = "";
    mode_t mask = umask(0);
    umask(mask);
    see("%d descriptors\n", count_entries("/proc/self/fd", ""));
    see("folder %s\n", getcwd(folder, sizeof(folder)));
    see("mask %o\n", mask);
    see("%d loaders\n", count_loaders());
    see("%s\n", has_much_memory() ? "much memory" : "little memory");
    see("%d pinned\n", count_entries("/sys/fs/bpf", "left"));
    see("%d cgroups of cells\n", count_entries(CGROUP_ROOT, CELL_CGROUP_PREFIX));
    see_lines("/proc/self/cgroup", "0::");
    see_lines("/proc/self/status", "Uid:");
    see_lines("/proc/self/status", "Cap");
    see_lines("/proc/self/status", "SigBlk");
    see_lines("/proc/self/status", "SigIgn");
    see_lines("/proc/self/limits", "Max ");
    for (char **variable = environ; *variable != NULL; variable++)
        see("%s\n", *variable);
    struct cmx_program program = {
        .cell = cell, .stage = CMX_STAGE_LOAD, .log_complete = 1, .name = "program_0", .type = "kprobe"};
    report_log(cell, 0, CMX_LOG_LOADER, seen, strlen(seen));
    report_program(&program);
}

static void do_nothing(void) {}

static void leak_descriptors(void)
{
    for (int i = 0; i < 500; i++)
        if (dup(STDIN_FILENO) < 0)
            abort();
}

static void change_folder(void)
{
    if (chdir("/tmp") != 0)
        abort();
    umask(077);
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capset, &header, none) != 0)
        abort();
}

static void change_user(void)
{
    if (setuid(65534) != 0)
        abort();
}

static void change_limits(void)
{
    const struct rlimit files = {64, 64}, locked = {4096, 4096};
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || setrlimit(RLIMIT_MEMLOCK, &locked) != 0)
        abort();
}

static void change_environment(void)
{
    setenv("LEFT", "behind", 1);
    unsetenv("HOME");
}

static void leave_cgroup_behind(void)
{
    if (isolate_cgroup() == NULL)
        abort();
}

/// Moves without the kit, as a third-party program would.
static void enter_cgroup(void)
{
    static const char group[] = CGROUP_ROOT "/" CELL_CGROUP_PREFIX "own";
    int processes = mkdir(group, 0755) == 0
                        ? open(CGROUP_ROOT "/" CELL_CGROUP_PREFIX "own/cgroup.procs", O_WRONLY | O_CLOEXEC)
                        : -1;
    if (processes < 0 || write(processes, "0", 1) != 1)
        abort();
    close(processes);
}

/// Leaves a pin in the cell's own bpffs: a directory, because a map would need the library.
static void leave_pin(void)
{
    if (mkdir("/sys/fs/bpf/left", 0755) != 0)
        abort();
}

static void leave_memory(void)
{
    char *memory = malloc(LEFT_MEMORY);
    if (memory == NULL)
        abort();
    memset(memory, 1, LEFT_MEMORY);
    // Keeps the compiler from removing unused memory.
    asm volatile("" : : "r"(memory) : "memory");
}

/// Leaves a process that outlives the cell unless somebody kills it.
static void leave_process(void)
{
    if (fork() != 0)
        return;
    setsid();
    for (;;)
        pause();
}

static void ignore_signals(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
}

static void crash(void)
{
    raise(SIGSEGV);
}

static void hang(void)
{
    for (;;)
        pause();
}

static const struct {
    const char *word;
    void (*act)(void);
} deeds[] = {
    {"look", do_nothing},
    {"leak-descriptors", leak_descriptors},
    {"change-folder", change_folder},
    {"drop-capabilities", drop_capabilities},
    {"change-user", change_user},
    {"change-limits", change_limits},
    {"change-environment", change_environment},
    {"leave-cgroup", leave_cgroup_behind},
    {"enter-cgroup", enter_cgroup},
    {"leave-pin", leave_pin},
    {"leave-memory", leave_memory},
    {"leave-activity", leave_process},
    {"ignore-signals", ignore_signals},
    {"crash", crash},
    {"hang", hang},
};

static void run(const struct resident_request *request)
{
    char word[32] = "";
    int file = open(request->object, O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, word, sizeof(word) - 1) < 0)
        exit(64);
    close(file);
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        if (strcmp(word, deeds[i].word) == 0) {
            deeds[i].act();
            report_what_is_seen(request->cell);
            return;
        }
    }
    fprintf(stderr, "unruly loader: there is no '%s'\n", word);
    exit(64);
}

int main(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], CMX_RESIDENT_ARGUMENT) != 0)
        return 64;
    serve_cells(NULL, run);
    return 0;
}
