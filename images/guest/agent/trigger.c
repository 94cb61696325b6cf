/// `/init trigger PLAN`: makes happen what a plan's probe waits for. Says on standard output, in one line, what is to be
/// said about it, and ends with 0 where it could do so at all.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/clock.h"
#include "../common/plan.h"
#include "../common/report.h"
#include "agent.h"

#define PROMPT "compat-matrix-prompt> "
/// In milliseconds of the host's clock: what takes a second in a guest on a quiet host can take twenty on a busy one, and
/// only a trigger that hangs ever waits for so long.
#define PROMPT_LIMIT 20000
#define COMMAND_LIMIT 15000
/// For the typed line: probes fire when bash has read it, so it is no loss where it keeps bash busy.
#define LINE_LIMIT 5000

/// A bash, what it wrote last, and how far that has been looked at.
struct shell {
    pid_t pid;
    int output;
    char seen[4096];
    size_t length;
};

/// Keeps the end of what the shell writes; returns 0 once there is no more to come.
static int read_output(struct shell *shell, int limit)
{
    struct pollfd ready = {.fd = shell->output, .events = POLLIN};
    if (poll(&ready, 1, limit) <= 0)
        return 1;
    const size_t half = sizeof(shell->seen) / 2;
    if (shell->length > half) {
        memmove(shell->seen, shell->seen + shell->length - half, half);
        shell->length = half;
    }
    ssize_t count = read(shell->output, shell->seen + shell->length, sizeof(shell->seen) - 1 - shell->length);
    if (count <= 0)
        return 0;
    shell->length += count;
    shell->seen[shell->length] = '\0';
    return 1;
}

/// Waits for a prompt after what was seen before it, and returns whether it came.
static int await_prompt(struct shell *shell, int limit)
{
    long long deadline = now() + limit;
    while (now() < deadline) {
        if (memmem(shell->seen, shell->length, PROMPT, strlen(PROMPT)) != NULL) {
            shell->length = 0;
            return 1;
        }
        if (!read_output(shell, deadline - now()))
            return 0;
    }
    return 0;
}

/// The child that becomes bash. It does not outlive this process, whichever way that ends.
__attribute__((noreturn)) static void become_bash(int input, int output, char *const arguments[])
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    // TERM: readline then writes no control sequences into the prompt.
    char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/", "TERM=dumb",
                                 "INPUTRC=/dev/null", "PS1=" PROMPT, NULL};
    execve("/bin/bash", arguments, environment);
    _exit(127);
}

static int open_terminal(void)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
        printf("the guest has no pseudo-terminal: %s\n", strerror(errno));
        exit(UNMEASURABLE_STATUS);
    }
    return terminal;
}

static struct shell start_interactive(void)
{
    int terminal = open_terminal();
    struct shell shell = {.pid = fork(), .output = terminal};
    if (shell.pid == 0) {
        setsid();
        int line = open(ptsname(terminal), O_RDWR);
        ioctl(line, TIOCSCTTY, 0);
        become_bash(line, line, (char *[]){"bash", "--norc", "--noprofile", "-i", NULL});
    }
    return shell;
}

static struct shell start_command(const char *command)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        exit(UNMEASURABLE_STATUS);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct shell shell = {.pid = fork(), .output = ends[0]};
    if (shell.pid == 0)
        become_bash(nothing, ends[1], (char *[]){"bash", "--norc", "--noprofile", "-c", (char *)command, NULL});
    close(ends[1]);
    return shell;
}

static void write_line(const struct shell *shell, const char *text)
{
    // Return, as the key sends it.
    char line[CMX_NAME_BYTES * 8];
    int length = snprintf(line, sizeof(line), "%s\r", text);
    for (int done = 0; done < length;) {
        ssize_t count = write(shell->output, line + done, length - done);
        if (count <= 0)
            break;
        done += count;
    }
}

static int type_line(const char *text)
{
    struct shell shell = start_interactive();
    if (!await_prompt(&shell, PROMPT_LIMIT)) {
        printf("bash showed no prompt within %d s: %.200s\n", PROMPT_LIMIT / 1000, shell.seen);
        return UNMEASURABLE_STATUS;
    }
    write_line(&shell, text);
    await_prompt(&shell, LINE_LIMIT);
    kill(shell.pid, SIGKILL);
    waitpid(shell.pid, NULL, 0);
    return 0;
}

/// The last line that is not empty.
static const char *last_line(struct shell *shell)
{
    while (shell->length > 0 && shell->seen[shell->length - 1] == '\n')
        shell->seen[--shell->length] = '\0';
    const char *newline = strrchr(shell->seen, '\n');
    return newline == NULL ? shell->seen : newline + 1;
}

static int run_command(const char *command)
{
    struct shell shell = start_command(command);
    int status = 0, ended = 0;
    for (long long deadline = now() + COMMAND_LIMIT; !ended && now() < deadline;) {
        // What it left running may hold the pipe, so its own end counts and not the pipe's.
        if (!read_output(&shell, 20))
            usleep(1000);
        ended = waitpid(shell.pid, &status, WNOHANG) != 0;
    }
    read_output(&shell, 0);
    if (!ended)
        printf("the trigger's command did not end within %d s\n", COMMAND_LIMIT / 1000);
    else if (status != 0)
        printf("the trigger's command ended with status %d: %.200s\n",
               WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), last_line(&shell));
    // A busy host, more likely than not: that no event came then says nothing about the probe.
    return ended ? 0 : UNMEASURABLE_STATUS;
}

int run_trigger(const char *path)
{
    struct plan plan;
    char problem[256];
    setvbuf(stdout, NULL, _IOFBF, 4096);
    if (!read_plan(path, &plan, problem, sizeof(problem))) {
        puts(problem);
        return UNMEASURABLE_STATUS;
    }
    if (access("/bin/bash", X_OK) != 0) {
        printf("this guest has no bash for the trigger: %s\n", strerror(errno));
        return UNMEASURABLE_STATUS;
    }
    return plan.trigger == TRIGGER_TYPE ? type_line(plan.trigger_text) : run_command(plan.trigger_text);
}
