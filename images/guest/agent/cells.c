#include "cells.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kit/descriptors.h"
#include "../kit/frames.h"
#include "../kit/load_log.h"
#include "../kit/namespaces.h"
#include "../kit/privileges.h"
#include "../kit/residency.h"
#include "../kit/trigger.h"
#include "agent.h"
#include "reports.h"
#include "residents.h"
#include "sysctls.h"

/// The wait status of a cell whose loader could not be started: "exited with 127", as in a shell.
#define NO_LOADER_STATUS (127 << 8)
/// The exit status of a cell whose loader exited with 0 but violated the protocol; EX_PROTOCOL of sysexits.h.
#define BROKEN_LOADER_STATUS (76 << 8)
/// How long a loader has to exit after SIGTERM, in milliseconds.
#define TIME_TO_END 2000

void exec_loader(const char *const *arguments, int descriptor)
{
    char path[CMX_NAME_BYTES + 16];
    snprintf(path, sizeof(path), "/bin/" LOADER_PREFIX "%s", arguments[0]);
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

/// The pipes between a loader and the agent.
struct pipes {
    int reports[2];
    int words[2];
};

static int open_pipes(struct pipes *pipes)
{
    if (pipe2(pipes->reports, O_CLOEXEC) != 0)
        return 0;
    if (pipe2(pipes->words, O_CLOEXEC) == 0)
        return 1;
    close(pipes->reports[0]);
    close(pipes->reports[1]);
    return 0;
}

/// Lets a loader report what it knows about a cell that takes too long.
static void ask_to_end(struct loader *loader)
{
    kill(loader->pid, SIGTERM);
    loader->limit = TIME_TO_END;
    loader->must_end = 1;
    pass_reports(loader);
}

/// How the cell ended, for a loader that exited with `status` after `end`.
static struct cmx_cell_end finish(struct loader *loader, enum reports_end end, int status)
{
    struct cmx_cell_end result = {.cell = loader->cell, .wait_status = status, .overdue = end == REPORTS_OVERDUE};
    // Breaking the protocol is a failure even if the loader exited with 0, or died because it was stopped for that.
    // A loader that died in the middle of a frame keeps its own status.
    if (end == REPORTS_BROKEN && (status == 0 || loader->was_stopped))
        result.wait_status = BROKEN_LOADER_STATUS;
    if (result.wait_status != 0 && result.wait_status != UNMEASURABLE_STATUS << 8)
        send_words(loader);
    return result;
}

/// Whether the process is running; a zombie is not.
static int is_at_work(pid_t pid)
{
    char path[64], byte;
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    return readlink(path, &byte, 1) > 0;
}

/// Waits until the loader reports the end of the cell; if that takes too long, kills its process and sets `*end`.
/// Returns the wait status.
static int await_cell_end(struct resident *resident, struct loader *loader, enum reports_end *end)
{
    struct resident_message message = {0};
    int limit = loader->limit > 0 ? (int)loader->limit : -1;
    if (*end != REPORTS_SOUND) {
        // A loader that already died, in the middle of a frame, keeps its own status.
        loader->was_stopped = is_at_work(loader->pid);
        kill(loader->pid, SIGKILL);
        limit = TIME_TO_END;
    }
    int heard = receive_resident_event(resident, &message, limit);
    if (heard == 0 && *end == REPORTS_SOUND) {
        // It closed its pipe but keeps running.
        *end = REPORTS_OVERDUE;
        kill(loader->pid, SIGKILL);
        heard = receive_resident_event(resident, &message, TIME_TO_END);
    }
    // A process stuck in the kernel would keep the guest's processor from later cells, so the guest ends.
    if (heard == 0 && is_at_work(loader->pid))
        give_up("the loader of cell %u cannot be ended", loader->cell);
    if (heard == 1 && message.event == RESIDENT_ENDED)
        return message.value;
    // It is gone, is leaving, or hangs; the next cell gets another.
    int status = forget_resident(resident);
    return heard == 1 && message.event == RESIDENT_LEAVING ? message.value : status;
}

/// Sends the loader its request and receives the pid of the process that handles it. Returns as `receive_resident_event` does.
static int request_cell(struct resident *resident, const struct cmx_load *load, const struct pipes *pipes, pid_t *pid)
{
    struct resident_request request = {.cell = load->cell, .full_logs = load->full_logs};
    memcpy(request.object, load->object, sizeof(request.object));
    memcpy(request.plan, load->plan, sizeof(request.plan));
    const int descriptors[] = {pipes->reports[1], pipes->words[1]};
    if (!send_with_descriptors(resident->control, &request, sizeof(request), descriptors, 2))
        return -1;
    struct resident_message message;
    int limit = load->limit_milliseconds > 0 ? (int)load->limit_milliseconds : -1;
    int heard = receive_resident_event(resident, &message, limit);
    if (heard != 1)
        return heard;
    *pid = message.value;
    // This pid is killed on a timeout, so it must not stand for all processes or for the agent.
    return message.event == RESIDENT_STARTED && *pid > 1 ? 1 : -1;
}

static struct cmx_cell_end run_in_resident(struct resident *resident, const struct cmx_load *load,
                                           const struct pipes *pipes, struct loader *loader)
{
    loader->control = resident->control;
    int heard = request_cell(resident, load, pipes, &loader->pid);
    close(pipes->reports[1]);
    close(pipes->words[1]);
    if (heard != 1)
        return finish(loader, heard == 0 ? REPORTS_OVERDUE : REPORTS_SOUND, forget_resident(resident));
    enum reports_end end = pass_reports(loader);
    if (end == REPORTS_OVERDUE)
        ask_to_end(loader);
    int status = await_cell_end(resident, loader, &end);
    return finish(loader, end, status);
}

/// Drops the privileges that the cell's plan does not grant. An executable's own loader does that for its program: it
/// needs them to prepare the program's root directory.
static void drop_privileges(const struct cmx_load *load, const struct plan *plan, const struct pipes *pipes)
{
    report_to(pipes->reports[1]);
    report_absent_capabilities(load->cell, plan);
    if (!can_take_privileges(plan) || (plan->exec.program == NULL && !take_privileges(plan)))
        end_unmeasured(load->cell, FINDING(PRIVILEGES_UNAVAILABLE));
}

/// Sets the plan's sysctls, or ends the cell.
static void set_kernel(const struct cmx_load *load, const struct plan *plan, const struct pipes *pipes)
{
    struct finding problem;
    if (set_sysctls(plan, &problem))
        return;
    report_to(pipes->reports[1]);
    end_unmeasured(load->cell, problem);
}

/// The child process that executes a loader for one cell.
__attribute__((noreturn)) static void become_loader(const struct cmx_load *load, const struct plan *plan,
                                                    const struct pipes *pipes)
{
    char cell[16];
    snprintf(cell, sizeof(cell), "%u", load->cell);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(pipes->words[1], STDOUT_FILENO);
    dup2(pipes->words[1], STDERR_FILENO);
    // Most sysctls exist in the guest's own network only.
    set_kernel(load, plan, pipes);
    isolate_bpffs();
    if (load->plan[0] != '\0')
        isolate_network();
    if (load->is_alone)
        setenv(FRESH_TRIGGER_VARIABLE, "1", 1);
    if (load->full_logs)
        setenv(FULL_LOGS_VARIABLE, "1", 1);
    if (plan->has_user)
        drop_privileges(load, plan, pipes);
    exec_loader((const char *[]){load->loader, cell, load->object, load->plan, NULL}, pipes->reports[1]);
}

/// Starts the loader as `loader-<name> CELL OBJECT PLAN`. Whatever it does must not affect the next cell of this guest.
static struct cmx_cell_end run_once(const struct cmx_load *load, const struct plan *plan, const struct pipes *pipes,
                                    struct loader *loader)
{
    loader->control = -1;
    loader->wait_status = NO_LOADER_STATUS;
    loader->pid = fork();
    if (loader->pid == 0)
        become_loader(load, plan, pipes);
    close(pipes->reports[1]);
    close(pipes->words[1]);
    enum reports_end end = loader->pid > 0 ? pass_reports(loader) : REPORTS_SOUND;
    if (end == REPORTS_OVERDUE)
        ask_to_end(loader);
    if (loader->pid > 0) {
        loader->was_stopped = 1;
        kill(loader->pid, SIGKILL);
        waitpid(loader->pid, &loader->wait_status, 0);
    }
    return finish(loader, end, loader->wait_status);
}

/// The cell's plan; empty if it has none, or one that cannot be read, which its loader reports.
static struct plan plan_of(const struct cmx_load *load)
{
    struct plan plan;
    struct finding problem;
    if (load->plan[0] != '\0' && read_plan(load->plan, &plan, &problem))
        return plan;
    return (struct plan){0};
}

/// A sysctl that could not be restored; empty for none.
static char spoiled[CMX_NAME_BYTES];

const char *spoiled_sysctl(void)
{
    return spoiled[0] == '\0' ? NULL : spoiled;
}

struct cmx_cell_end run_cell(void *mailbox, const struct cmx_load *load)
{
    struct pipes pipes;
    if (!open_pipes(&pipes))
        return (struct cmx_cell_end){.cell = load->cell, .wait_status = NO_LOADER_STATUS};
    struct loader loader = {.mailbox = mailbox,
                            .cell = load->cell,
                            .reports = pipes.reports[0],
                            .words = pipes.words[0],
                            .limit = load->limit_milliseconds};
    struct plan plan = plan_of(load);
    struct resident *resident = NULL;
    // A resident loader is root, and has probed the kernel as root and with other sysctls.
    if (!load->is_alone && !plan.has_user && plan.sysctl_count == 0)
        resident = find_resident(load->loader, load->may_stay, load->limit_milliseconds);
    char **sysctls = save_sysctls(&plan);
    struct cmx_cell_end end = resident != NULL ? run_in_resident(resident, load, &pipes, &loader)
                                               : run_once(load, &plan, &pipes, &loader);
    const char *lost = restore_sysctls(&plan, sysctls);
    if (lost != NULL)
        snprintf(spoiled, sizeof(spoiled), "%s", lost);
    forget_plan(&plan);
    // Processes that still write must not block.
    close(pipes.reports[0]);
    close(pipes.words[0]);
    return end;
}
