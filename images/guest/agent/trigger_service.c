#include "trigger_service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kit/clock.h"
#include "../kit/descriptors.h"
#include "../kit/files.h"
#include "../kit/frames.h"
#include "../kit/trigger.h"

/// The limit of a command, for the same reasons as PROMPT_LIMIT.
#define COMMAND_LIMIT 15000
/// The limit of a typed line. Probes fire when bash has read it, so it may keep bash busy for longer.
#define LINE_LIMIT 5000

/// A trigger that a client waits for, with its answer.
struct run {
    int client;
    const struct trigger_request *request;
    const struct place *place;
    struct trigger_answer answer;
};

/// Whether the client is gone.
static int is_alone(const struct run *run)
{
    struct pollfd client = {.fd = run->client, .events = POLLRDHUP};
    return poll(&client, 1, 0) > 0;
}

/// Opens a shell for the trigger, a copy or a new one. Returns 0, with the finding, on failure.
static int open_shell(struct run *run, int is_fresh, struct shell *shell)
{
    enum trigger_kind kind = run->request->kind;
    const char *text = run->request->text;
    if ((!is_fresh && copy_shell(kind, text, run->place, shell)) || start_shell(kind, text, run->place, shell))
        return 1;
    run->answer.finding = kind == TRIGGER_TYPE ? FINDING(TERMINAL_MISSING, strerror(errno))
                                               : FINDING(SHELL_NOT_STARTED, strerror(errno));
    return 0;
}

static void type_line(struct run *run, int is_fresh)
{
    struct shell shell;
    if (!open_shell(run, is_fresh, &shell))
        return;
    int has_prompt = await_prompt(&shell, PROMPT_LIMIT, run->client);
    if (has_prompt) {
        type_text(&shell, run->request->text);
        await_prompt(&shell, LINE_LIMIT, run->client);
        run->answer.ran = 1;
    }
    end_shell(&shell);
    if (has_prompt || is_alone(run))
        return;
    if (is_fresh) {
        run->answer.finding = FINDING(NO_PROMPT, NUMBER(PROMPT_LIMIT / 1000), shell.seen);
        return;
    }
    replace_waiting_shell(TRIGGER_TYPE);
    type_line(run, 1);
}

/// The last non-empty line.
static const char *last_line(struct shell *shell)
{
    while (shell->length > 0 && shell->seen[shell->length - 1] == '\n')
        shell->seen[--shell->length] = '\0';
    const char *newline = strrchr(shell->seen, '\n');
    return newline == NULL ? shell->seen : newline + 1;
}

static void run_command(struct run *run, int is_fresh)
{
    struct shell shell;
    if (!open_shell(run, is_fresh, &shell))
        return;
    int status = 0, ended = 0, alone = 0, open = 1;
    for (long long deadline = now() + COMMAND_LIMIT; !ended && !alone && now() < deadline;) {
        // Processes it left running may hold the pipe open, so only its own end counts.
        if (open)
            open = read_output(&shell, 20, run->client, &alone);
        else
            usleep(1000);
        ended = waitpid(shell.pid, &status, WNOHANG) != 0;
    }
    read_output(&shell, 0, -1, NULL);
    if (ended)
        shell.pid = 0;
    // Most likely the host is busy; then a missing event proves nothing about the probe.
    run->answer.ran = ended;
    if (!ended)
        run->answer.finding = FINDING(COMMAND_OVERDUE, NUMBER(COMMAND_LIMIT / 1000));
    else if (status != 0)
        run->answer.finding = FINDING(COMMAND_FAILED,
                                      NUMBER(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)),
                                      last_line(&shell));
    end_shell(&shell);
}

static void serve(int client)
{
    static struct trigger_request request;
    int descriptors[3];
    ssize_t length = receive_with_descriptors(client, &request, sizeof(request), descriptors, 3);
    if (length <= (ssize_t)offsetof(struct trigger_request, text))
        return;
    ((char *)&request)[length - 1] = '\0';
    const struct place place = {descriptors[0], descriptors[1], descriptors[2]};
    struct run run = {.client = client, .request = &request, .place = &place};
    if (access("/bin/bash", X_OK) != 0)
        run.answer.finding = FINDING(BASH_MISSING, strerror(errno));
    else if (request.kind == TRIGGER_TYPE)
        type_line(&run, request.is_fresh);
    else
        run_command(&run, request.is_fresh);
    close_place(&place);
    send(client, &run.answer, sizeof(run.answer), MSG_NOSIGNAL);
}

__attribute__((noreturn)) static void serve_triggers(int listener, int readiness, struct waiting_shells *shells)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "triggers");
    start_waiting_shells(shells);
    close(readiness);
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        serve(client);
        close(client);
    }
}

pid_t start_trigger_service(struct waiting_shells *shells)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = TRIGGER_SOCKET};
    int readiness[2];
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    make_folders(address.sun_path);
    unlink(address.sun_path);
    *shells = (struct waiting_shells){0};
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 8) != 0 ||
        pipe2(readiness, O_CLOEXEC) != 0) {
        close(listener);
        return 0;
    }
    // Loaders of cells with a user of their own connect, too.
    chmod(TRIGGER_SOCKET, 0666);
    pid_t pid = fork();
    if (pid == 0) {
        close(readiness[0]);
        serve_triggers(listener, readiness[1], shells);
    }
    close(listener);
    close(readiness[1]);
    char byte;
    // Ends when the service closes its end or exits.
    while (read(readiness[0], &byte, 1) > 0)
        continue;
    close(readiness[0]);
    return pid > 0 ? pid : 0;
}

/// Prints nothing for a finding without a code.
static void print_finding(const struct finding *finding)
{
    char line[CMX_FINDING_BYTES + 256];
    if (!cmx_write_trigger_sentence(line, sizeof(line), finding->code, finding_argument(finding, 0),
                                    finding_argument(finding, 1)))
        return;
    line[strcspn(line, "\n")] = '\0';
    puts(line);
}

int run_trigger(const char *path)
{
    struct plan plan;
    struct finding problem;
    if (!read_plan(path, &plan, &problem)) {
        print_finding(&problem);
        return UNMEASURABLE_STATUS;
    }
    struct trigger trigger = start_trigger(&plan, 0);
    await_trigger_end(&trigger);
    print_finding(&trigger.answer.finding);
    return trigger.answer.ran ? 0 : UNMEASURABLE_STATUS;
}
