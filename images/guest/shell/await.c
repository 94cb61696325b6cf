/// A bash builtin that waits for a trigger and runs it in a copy of the shell.
///
/// Starting a shell takes longer under TCG than most triggers, and a copy leaves nothing behind for the next trigger.
/// bash loads the builtin with `enable -f`. The waiting shell never changes: clone(2) makes the copy that returns from
/// the builtin.
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "../kit/descriptors.h"
#include "../kit/namespaces.h"
#include "protocol.h"

// Declared in bash's own headers, for its builtins; an older or newer bash may lack some.
// Source: bash 5.2, builtins.h, builtins/common.h, jobs.h, variables.h.
struct builtin {
    const char *name;
    int (*function)(void *words);
    int flags;
    char *const *long_doc;
    const char *short_doc;
    char *handle;
};
#define BUILTIN_ENABLED 0x01
#define SEVAL_NOHIST 0x004
#define SEVAL_RESETLINE 0x010
extern int parse_and_execute(char *text, const char *origin, int flags) __attribute__((weak));
extern int unbind_variable(const char *name) __attribute__((weak));
extern void *bind_variable(const char *name, char *value, int flags) __attribute__((weak));
extern void exit_shell(int status) __attribute__((weak, noreturn));
extern pid_t dollar_dollar_pid __attribute__((weak));
extern pid_t shell_pgrp __attribute__((weak));
extern pid_t original_pgrp __attribute__((weak));
extern pid_t terminal_pgrp __attribute__((weak));
extern int shell_tty __attribute__((weak));

static char command[64 << 10];

static void take_place(const int *descriptors)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const struct place place = {descriptors[SHELL_NETWORK], descriptors[SHELL_MOUNTS], descriptors[SHELL_CGROUP]};
    if (!join_place(&place))
        _exit(126);
    dup2(descriptors[SHELL_INPUT], STDIN_FILENO);
    dup2(descriptors[SHELL_OUTPUT], STDOUT_FILENO);
    dup2(descriptors[SHELL_OUTPUT], STDERR_FILENO);
    for (int i = 0; i < SHELL_DESCRIPTORS; i++)
        close(descriptors[i]);
    close(CMX_SHELL_FD);
    if (&dollar_dollar_pid != NULL)
        dollar_dollar_pid = getpid();
}

/// Makes the copy the leader of a session with its own terminal, as bash is when started on one.
static void take_terminal(void)
{
    setsid();
    ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    if (&shell_tty != NULL && shell_tty > STDERR_FILENO)
        dup2(STDIN_FILENO, shell_tty);
    pid_t *groups[] = {&shell_pgrp, &original_pgrp, &terminal_pgrp};
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (groups[i] != NULL)
            *groups[i] = getpid();
    unbind_variable("PROMPT_COMMAND");
}

/// Returns in a copy of the shell for each request, and with 1 in the shell itself once the service is gone.
static int await_trigger(void *words)
{
    (void)words;
    int descriptors[SHELL_DESCRIPTORS];
    struct shell_answer answer = {0};
    while (send(CMX_SHELL_FD, &answer, sizeof(answer), MSG_NOSIGNAL) == sizeof(answer)) {
        if (receive_with_descriptors(CMX_SHELL_FD, command, sizeof(command), descriptors, SHELL_DESCRIPTORS) <= 0)
            break;
        command[sizeof(command) - 1] = '\0';
        // A child of this shell's parent: bash need not know about it, and the parent sees how it ends.
        answer.pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
        if (answer.pid == 0) {
            take_place(descriptors);
            if (command[0] == '\0') {
                take_terminal();
                return 0;
            }
            bind_variable("BASH_EXECUTION_STRING", command, 0);
            exit_shell(parse_and_execute(strdup(command), "-c", SEVAL_NOHIST | SEVAL_RESETLINE));
        }
        for (int i = 0; i < SHELL_DESCRIPTORS; i++)
            close(descriptors[i]);
    }
    return 1;
}

/// Refuses to be loaded into a bash that lacks the symbols it needs: shells are then started as triggers arrive.
__attribute__((visibility("default"))) int compat_matrix_await_builtin_load(char *name)
{
    (void)name;
    return parse_and_execute != NULL && unbind_variable != NULL && bind_variable != NULL && exit_shell != NULL;
}

static char *const documentation[] = {NULL};
__attribute__((visibility("default"))) struct builtin compat_matrix_await_struct = {
    CMX_SHELL_BUILTIN, await_trigger, BUILTIN_ENABLED, documentation, CMX_SHELL_BUILTIN, NULL};
