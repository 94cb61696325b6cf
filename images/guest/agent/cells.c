#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/isolation.h"
#include "../common/report.h"
#include "../zygote.h"
#include "agent.h"
#include "reports.h"

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

int is_libbpf(const struct cmx_load *load)
{
    return strcmp(load->loader, "libbpf") == 0;
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

/// A loader that says what no loader says has not ended well, whatever its status. One that died in the middle of a frame
/// has a status that says so.
static int judge_status(int wait_status, enum reports_end end)
{
    return wait_status == 0 && end == REPORTS_BROKEN ? BROKEN_LOADER_STATUS : wait_status;
}

static int run_in_zygote(void *mailbox, struct zygote *zygote, const struct cmx_load *load, int ends[2])
{
    if (zygote->pid == 0)
        *zygote = start_zygote(load->loader);
    int sent = zygote->pid != 0 && send_request(zygote, load, ends[1]);
    close(ends[1]);
    struct loader loader = {.mailbox = mailbox, .cell = load->cell, .reports = ends[0], .words = -1};
    enum reports_end end = sent ? pass_reports(&loader) : REPORTS_BROKEN;
    // What still writes must not wait for a reader.
    close(ends[0]);
    struct zygote_done done;
    if (sent && recv(zygote->control, &done, sizeof(done), 0) == sizeof(done))
        return judge_status(done.wait_status, end);
    // The zygote itself is gone: its own end is the cell's, and the next cell gets a new one.
    int status = NO_LOADER_STATUS;
    if (zygote->pid != 0) {
        waitpid(zygote->pid, &status, 0);
        close(zygote->control);
    }
    *zygote = (struct zygote){0, -1};
    return status;
}

/// The child that becomes a loader for one cell.
__attribute__((noreturn)) static void become_loader(const struct cmx_load *load, int reports, int words)
{
    char cell[16];
    snprintf(cell, sizeof(cell), "%u", load->cell);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(words, STDOUT_FILENO);
    dup2(words, STDERR_FILENO);
    isolate_bpffs();
    if (load->plan[0] != '\0')
        isolate_network();
    exec_loader((const char *[]){load->loader, cell, load->object, load->plan, NULL}, reports);
}

/// In milliseconds.
#define TIME_TO_END 2000

/// Lets a loader say what there is to be said of a cell that takes too long.
static void ask_to_end(struct loader *loader)
{
    kill(loader->pid, SIGTERM);
    loader->limit = TIME_TO_END;
    loader->must_end = 1;
    pass_reports(loader);
}

/// Ends a loader that does not end by itself, or must not go on.
static void stop_loader(struct loader *loader)
{
    if (loader->pid > 0) {
        kill(loader->pid, SIGKILL);
        waitpid(loader->pid, &loader->wait_status, 0);
    }
}

/// Loaders other than libbpf's are started for each cell, as `loader-<name> CELL OBJECT PLAN`. Whatever such a one does, the
/// next cell of this guest is to be measured.
static struct cmx_cell_end run_once(void *mailbox, const struct cmx_load *load, int ends[2])
{
    int words[2];
    struct cmx_cell_end result = {.cell = load->cell, .wait_status = NO_LOADER_STATUS};
    if (pipe2(words, O_CLOEXEC) != 0)
        return result;
    struct loader loader = {.mailbox = mailbox, .cell = load->cell, .is_child = 1, .reports = ends[0],
                            .words = words[0], .limit = load->limit_milliseconds, .wait_status = NO_LOADER_STATUS};
    loader.pid = fork();
    if (loader.pid == 0)
        become_loader(load, ends[1], words[1]);
    close(ends[1]);
    close(words[1]);
    enum reports_end end = loader.pid > 0 ? pass_reports(&loader) : REPORTS_SOUND;
    if (end == REPORTS_OVERDUE)
        ask_to_end(&loader);
    int was_stopped = loader.pid > 0;
    stop_loader(&loader);
    result.overdue = end == REPORTS_OVERDUE;
    // Stopped because of what it said, not of its own death.
    result.wait_status = was_stopped && end == REPORTS_BROKEN ? BROKEN_LOADER_STATUS
                                                              : judge_status(loader.wait_status, end);
    if (result.wait_status != 0 && result.wait_status != UNMEASURABLE_STATUS << 8)
        send_words(&loader);
    close(ends[0]);
    close(words[0]);
    return result;
}

struct cmx_cell_end run_cell(void *mailbox, struct zygote *libbpf, const struct cmx_load *load)
{
    int ends[2];
    struct cmx_cell_end end = {.cell = load->cell, .wait_status = NO_LOADER_STATUS};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return end;
    if (!is_libbpf(load))
        return run_once(mailbox, load, ends);
    end.wait_status = run_in_zygote(mailbox, libbpf, load, ends);
    return end;
}
