/// The exec loader: runs a user's executable, which loads its own programs, and reports whether it met the expectation.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kit/frames.h"
#include "../../kit/residency.h"
#include "exec.h"

/// How long a program has to exit once it has met the expectation or must end, in milliseconds.
#define TIME_TO_END 1000

static volatile sig_atomic_t must_end;

static void note_end(int signal_)
{
    (void)signal_;
    must_end = 1;
}

/// The errno for how the program ended; also reports a finding that explains it.
static int judge_ending(uint32_t cell, const struct plan_exec *exec, const struct output *output, int status)
{
    if (output->found_line && exec->status < 0)
        return 0;
    if (WIFSIGNALED(status)) {
        report_finding(cell, 0, FINDING(PROGRAM_KILLED, NUMBER(WTERMSIG(status)), strsignal(WTERMSIG(status))));
        // Only the kernel's OOM killer kills it like this.
        return WTERMSIG(status) == SIGKILL ? -ENOMEM : -EINTR;
    }
    if (exec->status >= 0 && WEXITSTATUS(status) != exec->status) {
        report_finding(cell, 0, FINDING(PROGRAM_FAILED, NUMBER(WEXITSTATUS(status)), NUMBER(exec->status)));
        return -ECANCELED;
    }
    if (exec->line[0] != '\0' && !output->found_line) {
        report_finding(cell, 0, FINDING(PROGRAM_WITHOUT_LINE, exec->line, NUMBER(WEXITSTATUS(status))));
        return -ENOMSG;
    }
    return 0;
}

/// Waits for the program's end, or for the expected line if its exit status does not matter.
/// The agent removes what it leaves running.
static int await_end(pid_t program, const struct plan_exec *exec, struct output *output)
{
    int status = 0, has_ended = 0;
    while (!has_ended && !must_end && !(output->found_line && exec->status < 0)) {
        has_ended = waitpid(program, &status, WNOHANG) == program;
        // Checked first, so that its last output is not lost.
        read_output(output, has_ended ? 0 : 20);
    }
    if (has_ended)
        return status;
    kill(program, SIGTERM);
    for (int waited = 0; !has_ended && waited < TIME_TO_END; waited += 20) {
        read_output(output, 20);
        has_ended = waitpid(program, &status, WNOHANG) == program;
    }
    if (!has_ended) {
        kill(program, SIGKILL);
        waitpid(program, &status, 0);
    }
    read_output(output, 0);
    return status;
}

static void report_on(uint32_t cell, const struct plan *plan)
{
    const struct plan_exec *exec = &plan->exec;
    static struct output output;
    output.line = exec->line;
    struct cmx_program report = {.cell = cell, .stage = CMX_STAGE_FIRE, .log_complete = 1, .type = "exec"};
    const char *slash = strrchr(exec->program, '/');
    snprintf(report.name, sizeof(report.name), "%s", slash == NULL ? exec->program : slash + 1);
    pid_t program = start_program(plan, &output.descriptor);
    if (program < 0) {
        report.stage = CMX_STAGE_OPEN;
        report.error = program;
        report_finding(cell, 0, FINDING(PROGRAM_NOT_STARTED, strerror(-program)));
        report_program(&report);
        return;
    }
    int status = await_end(program, exec, &output);
    if (must_end) {
        // The agent has given up on the cell, so report what the program wrote so far.
        report_log(cell, CMX_WHOLE_OBJECT, CMX_LOG_LOADER, output.text, output.length);
        remove_root(exec->root);
        exit(UNMEASURABLE_STATUS);
    }
    report_log(cell, 0, CMX_LOG_LOADER, output.text, output.length);
    if (output.length > 0 && output.text[output.length - 1] != '\n')
        report_log(cell, 0, CMX_LOG_LOADER, "\n", 1);
    report.log_complete = !output.is_cut;
    report.error = judge_ending(cell, exec, &output, status);
    report_program(&report);
}

int main(int argc, char **argv)
{
    struct plan plan;
    struct finding problem;
    // There is no library version to print.
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return 0;
    // There is nothing to prepare.
    if (argc == 2 && strcmp(argv[1], CMX_RESIDENT_ARGUMENT) == 0)
        return 64;
    if (argc != 4) {
        fprintf(stderr, "usage: loader-exec CELL OBJECT PLAN (with a pipe at descriptor %d)\n", CMX_LOADER_FD);
        return 64;
    }
    uint32_t cell = strtoul(argv[1], NULL, 10);
    fcntl(CMX_LOADER_FD, F_SETFD, FD_CLOEXEC);
    report_to(CMX_LOADER_FD);
    signal(SIGTERM, note_end);
    if (!read_plan(argv[3], &plan, &problem))
        end_unmeasured(cell, problem);
    if (plan.exec.program == NULL)
        end_unmeasured(cell, FINDING(PLAN_WITHOUT_PROGRAM));
    if (!prepare_root(plan.exec.root))
        end_unmeasured(cell, FINDING(ROOT_MISSING, strerror(errno)));
    report_on(cell, &plan);
    remove_root(plan.exec.root);
    return 0;
}
