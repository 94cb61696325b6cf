#include "shells.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kit/clock.h"
#include "../kit/descriptors.h"
#include "../shell/protocol.h"

/// How long copying a shell, a fork, may take; in milliseconds.
#define COPY_LIMIT 5000
/// The startup file of the interactive shell: it shows one prompt, so that readline is ready, and waits at the second.
#define START_FILE "/run/compat-matrix/bashrc"

/// The waiting shell for each kind of trigger.
static struct waiting_shell {
    char *const *arguments;
    int is_interactive;
    /// Where to store its pid for the agent.
    pid_t *pid;
    /// This process's end of its socket; negative if the shell is not running.
    int control;
    /// Its own terminal, which stays idle.
    int terminal;
} waiting[] = {
    [TRIGGER_TYPE] = {(char *[]){"bash", "--noprofile", "--rcfile", START_FILE, "-i", NULL}, 1, NULL, -1, -1},
    [TRIGGER_SHELL] = {(char *[]){"bash", "--norc", "--noprofile", "-c",
                                  "enable -f " CMX_SHELL_OBJECT " " CMX_SHELL_BUILTIN "; " CMX_SHELL_BUILTIN, NULL},
                       0, NULL, -1, -1},
};

/// Turns the child into bash, which is killed when this process ends.
__attribute__((noreturn)) static void become_bash(int input, int output, char *const arguments[])
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    // TERM: readline then writes no control sequences into the prompt.
    char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                                 "HOME=/",
                                 "TERM=dumb",
                                 "INPUTRC=/dev/null",
                                 "PS1=" PROMPT,
                                 NULL};
    execve("/bin/bash", arguments, environment);
    _exit(127);
}

/// The two ends of a new terminal; negative if the guest has none.
struct terminal {
    int here;
    int line;
};

static struct terminal open_terminal(void)
{
    struct terminal terminal = {posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), -1};
    if (terminal.here >= 0 && grantpt(terminal.here) == 0 && unlockpt(terminal.here) == 0)
        terminal.line = open(ptsname(terminal.here), O_RDWR | O_NOCTTY | O_CLOEXEC);
    return terminal;
}

/// The input and output of a shell, and this process's end of them.
struct streams {
    int input;
    int output;
    int here;
};

static int open_streams(enum trigger_kind kind, struct streams *streams)
{
    if (waiting[kind].is_interactive) {
        struct terminal terminal = open_terminal();
        *streams = (struct streams){terminal.line, terminal.line < 0 ? -1 : fcntl(terminal.line, F_DUPFD_CLOEXEC, 0),
                                    terminal.here};
    } else {
        int ends[2] = {-1, -1};
        if (pipe2(ends, O_CLOEXEC) != 0)
            return 0;
        *streams = (struct streams){open("/dev/null", O_RDONLY | O_CLOEXEC), ends[1], ends[0]};
    }
    return streams->input >= 0 && streams->output >= 0 && streams->here >= 0;
}

static void close_shells_ends(const struct streams *streams)
{
    close(streams->input);
    close(streams->output);
}

static pid_t spawn(const struct streams *streams, int is_interactive, const struct place *place, int control,
                   char *const arguments[])
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (place != NULL && !join_place(place))
        _exit(126);
    if (is_interactive) {
        setsid();
        ioctl(streams->input, TIOCSCTTY, 0);
    }
    if (control >= 0)
        dup2(control, CMX_SHELL_FD);
    become_bash(streams->input, streams->output, arguments);
}

int start_shell(enum trigger_kind kind, const char *command, const struct place *place, struct shell *shell)
{
    struct streams streams;
    if (!open_streams(kind, &streams))
        return 0;
    char *const typed[] = {"bash", "--norc", "--noprofile", "-i", NULL};
    char *const commands[] = {"bash", "--norc", "--noprofile", "-c", (char *)command, NULL};
    *shell = (struct shell){.output = streams.here};
    shell->pid = spawn(&streams, kind == TRIGGER_TYPE, place, -1, kind == TRIGGER_TYPE ? typed : commands);
    close_shells_ends(&streams);
    return shell->pid > 0;
}

void end_shell(struct shell *shell)
{
    if (shell->pid > 0) {
        kill(shell->pid, SIGKILL);
        waitpid(shell->pid, NULL, 0);
    }
    close(shell->output);
    shell->pid = 0;
}

/// Receives the answer of a waiting shell; negative if none arrives in time.
static pid_t receive_answer(const struct waiting_shell *shell, int limit)
{
    struct pollfd ready = {.fd = shell->control, .events = POLLIN};
    struct shell_answer answer;
    if (poll(&ready, 1, limit) <= 0 || recv(shell->control, &answer, sizeof(answer), 0) != sizeof(answer))
        return -1;
    return answer.pid;
}

static void forget(struct waiting_shell *shell)
{
    if (*shell->pid > 0) {
        kill(*shell->pid, SIGKILL);
        waitpid(*shell->pid, NULL, 0);
    }
    if (shell->control >= 0)
        close(shell->control);
    if (shell->terminal >= 0)
        close(shell->terminal);
    *shell->pid = 0;
    shell->control = shell->terminal = -1;
}

/// Starts the shell and returns once it is waiting.
static void start_waiting_shell(enum trigger_kind kind)
{
    struct waiting_shell *shell = &waiting[kind];
    struct streams streams;
    int control[2];
    if (access(CMX_SHELL_OBJECT, R_OK) != 0 || !open_streams(kind, &streams))
        return;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return;
    *shell->pid = spawn(&streams, shell->is_interactive, NULL, control[1], shell->arguments);
    shell->control = control[0];
    shell->terminal = streams.here;
    close(control[1]);
    close_shells_ends(&streams);
    struct shell view = {.pid = *shell->pid, .output = streams.here};
    int is_ready = !shell->is_interactive || await_prompt(&view, PROMPT_LIMIT, -1);
    if (is_ready && shell->is_interactive)
        type_text(&view, "");
    if (!is_ready || receive_answer(shell, PROMPT_LIMIT) != 0)
        forget(shell);
}

void start_waiting_shells(struct waiting_shells *shells)
{
    waiting[TRIGGER_TYPE].pid = &shells->typed;
    waiting[TRIGGER_SHELL].pid = &shells->commands;
    mkdir("/run", 0755);
    mkdir("/run/compat-matrix", 0755);
    FILE *file = fopen(START_FILE, "we");
    if (file != NULL) {
        fputs("enable -f " CMX_SHELL_OBJECT " " CMX_SHELL_BUILTIN "\n"
              "PROMPT_COMMAND='PROMPT_COMMAND=" CMX_SHELL_BUILTIN "'\n",
              file);
        fclose(file);
    }
    start_waiting_shell(TRIGGER_TYPE);
    start_waiting_shell(TRIGGER_SHELL);
}

void replace_waiting_shell(enum trigger_kind kind)
{
    forget(&waiting[kind]);
    start_waiting_shell(kind);
}

int copy_shell(enum trigger_kind kind, const char *command, const struct place *place, struct shell *shell)
{
    struct waiting_shell *original = &waiting[kind];
    struct streams streams;
    if (original->control < 0 || !open_streams(kind, &streams))
        return 0;
    const int descriptors[SHELL_DESCRIPTORS] = {
        [SHELL_INPUT] = streams.input,  [SHELL_OUTPUT] = streams.output, [SHELL_NETWORK] = place->network,
        [SHELL_MOUNTS] = place->mounts, [SHELL_CGROUP] = place->cgroup,
    };
    const char *text = kind == TRIGGER_SHELL ? command : "";
    *shell = (struct shell){.output = streams.here};
    if (send_with_descriptors(original->control, text, strlen(text) + 1, descriptors, SHELL_DESCRIPTORS))
        shell->pid = receive_answer(original, COPY_LIMIT);
    close_shells_ends(&streams);
    if (shell->pid > 0)
        return 1;
    close(streams.here);
    replace_waiting_shell(kind);
    return 0;
}

int read_output(struct shell *shell, int limit, int hangup, int *is_alone)
{
    struct pollfd ready[] = {{.fd = shell->output, .events = POLLIN}, {.fd = hangup, .events = POLLRDHUP}};
    if (poll(ready, 2, limit) <= 0)
        return 1;
    if (ready[1].revents != 0)
        *is_alone = 1;
    if (ready[0].revents == 0)
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

int await_prompt(struct shell *shell, int limit, int hangup)
{
    int is_alone = 0;
    for (long long deadline = now() + limit; now() < deadline && !is_alone;) {
        if (memmem(shell->seen, shell->length, PROMPT, strlen(PROMPT)) != NULL) {
            shell->length = 0;
            return 1;
        }
        if (!read_output(shell, deadline - now(), hangup, &is_alone))
            return 0;
    }
    return 0;
}

void type_text(const struct shell *shell, const char *text)
{
    // The return key sends a carriage return.
    size_t length = strlen(text);
    for (size_t done = 0; done <= length;) {
        const char *part = done < length ? text + done : "\r";
        ssize_t count = write(shell->output, part, done < length ? length - done : 1);
        if (count <= 0)
            return;
        done += count;
    }
}
