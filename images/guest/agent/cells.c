#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/isolation.h"
#include "../zygote.h"
#include "agent.h"

/// What `run_cell` returns when no loader could be started; reads as "exited with 127", as in a shell.
#define NO_LOADER_STATUS (127 << 8)
/// What it returns when a loader ended well but said what no loader may say; EX_PROTOCOL of sysexits.h.
#define BROKEN_LOADER_STATUS (76 << 8)

/// Becomes the loader, with `descriptor` where loaders look for theirs. `arguments[0]` is the loader's name.
__attribute__((noreturn)) static void exec_loader(const char *const *arguments, int descriptor)
{
    char path[CMX_NAME_BYTES + 16];
    snprintf(path, sizeof(path), "/bin/loader-%s", arguments[0]);
    if (descriptor != CMX_LOADER_FD) {
        dup2(descriptor, CMX_LOADER_FD);
        close(descriptor);
    } else {
        fcntl(descriptor, F_SETFD, 0);
    }
    execv(path, (char *const *)arguments);
    fprintf(stderr, "compat-matrix agent: cannot start %s: %s\n", path, strerror(errno));
    _exit(127);
}

struct zygote start_zygote(const char *name)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        give_up("cannot make a socket pair: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        exec_loader((const char *[]){name, "--zygote", NULL}, sockets[1]);
    close(sockets[1]);
    struct zygote zygote = {pid, sockets[0]};
    struct zygote_done warm;
    if (pid < 0 || recv(zygote.control, &warm, sizeof(warm), 0) != sizeof(warm)) {
        close(zygote.control);
        zygote = (struct zygote){0, -1};
    }
    return zygote;
}

/// Reads `length` bytes, or as many as there are before the end, and returns how many.
static size_t read_whole(int pipe, void *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t count = read(pipe, (char *)bytes + done, length - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        done += count;
    }
    return done;
}

/// Whether a frame is one that a loader sends, about the cell that it works on.
static int is_report(const struct cmx_frame *frame, const void *payload, uint32_t cell)
{
    // What the kernel says is the agent's to tell.
    int is_log = frame->type == CMX_LOG && frame->length >= sizeof(struct cmx_log) &&
                 ((const struct cmx_log *)payload)->source != CMX_LOG_KERNEL;
    int is_program = frame->type == CMX_PROGRAM && frame->length == sizeof(struct cmx_program);
    int is_fact = frame->type == CMX_FACT && frame->length >= sizeof(struct cmx_fact);
    // All begin with the number of the cell.
    return (is_log || is_program || is_fact) && memcmp(payload, &cell, sizeof(cell)) == 0;
}

/// Passes reports on until the pipe closes, and returns whether there was nothing else in it. A loader that dies in
/// mid-frame leaves a part; that, and whatever follows on something else, is dropped.
static int forward_reports(void *mailbox, int pipe, uint32_t cell)
{
    static char payload[CMX_MAX_PAYLOAD];
    for (;;) {
        struct cmx_frame frame;
        size_t length = read_whole(pipe, &frame, sizeof(frame));
        if (length < sizeof(frame))
            return length == 0;
        if (frame.length > sizeof(payload) || read_whole(pipe, payload, frame.length) < frame.length ||
            !is_report(&frame, payload, cell))
            return 0;
        send_frame(mailbox, frame.type, payload, frame.length, NULL, 0);
    }
}

static int send_request(const struct zygote *zygote, const struct cmx_load *load, int pipe)
{
    struct zygote_request request = {.cell = load->cell};
    memcpy(request.object, load->object, sizeof(request.object));
    memcpy(request.plan, load->plan, sizeof(request.plan));
    struct iovec part = {&request, sizeof(request)};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr alignment;
    } control = {{0}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(rights), &pipe, sizeof(int));
    return sendmsg(zygote->control, &message, 0) == (ssize_t)sizeof(request);
}

/// A loader that says what no loader says has not ended well, whatever its status.
static int judge_status(int wait_status, int sound)
{
    return wait_status == 0 && !sound ? BROKEN_LOADER_STATUS : wait_status;
}

static int run_in_zygote(void *mailbox, struct zygote *zygote, const struct cmx_load *load, int ends[2])
{
    if (zygote->pid == 0)
        *zygote = start_zygote(load->loader);
    int sent = zygote->pid != 0 && send_request(zygote, load, ends[1]);
    close(ends[1]);
    int sound = sent && forward_reports(mailbox, ends[0], load->cell);
    struct zygote_done done;
    if (sent && recv(zygote->control, &done, sizeof(done), 0) == sizeof(done))
        return judge_status(done.wait_status, sound);
    // The zygote itself is gone: its own end is the cell's, and the next cell gets a new one.
    int status = NO_LOADER_STATUS;
    if (zygote->pid != 0) {
        waitpid(zygote->pid, &status, 0);
        close(zygote->control);
    }
    *zygote = (struct zygote){0, -1};
    return status;
}

/// Loaders other than libbpf's are started for each cell, as `loader-<name> CELL OBJECT PLAN`.
static int run_once(void *mailbox, const struct cmx_load *load, int ends[2])
{
    char cell[16];
    snprintf(cell, sizeof(cell), "%u", load->cell);
    pid_t pid = fork();
    if (pid == 0) {
        isolate_bpffs();
        if (load->plan[0] != '\0')
            isolate_network();
        exec_loader((const char *[]){load->loader, cell, load->object, load->plan, NULL}, ends[1]);
    }
    close(ends[1]);
    int status = NO_LOADER_STATUS;
    int sound = pid > 0 && forward_reports(mailbox, ends[0], load->cell);
    if (pid > 0)
        waitpid(pid, &status, 0);
    return judge_status(status, sound);
}

int run_cell(void *mailbox, struct zygote *libbpf, const struct cmx_load *load)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NO_LOADER_STATUS;
    int status = strcmp(load->loader, "libbpf") == 0 ? run_in_zygote(mailbox, libbpf, load, ends)
                                                     : run_once(mailbox, load, ends);
    close(ends[0]);
    return status;
}
