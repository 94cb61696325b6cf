#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../kit/privileges.h"
#include "exec.h"

__attribute__((noreturn)) static void become_program(const struct plan *plan, int output, int problem)
{
    const struct plan_exec *exec = &plan->exec;
    setsid();
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    int is_ready = chroot(exec->root) == 0 && chdir("/") == 0;
    if (is_ready && plan->has_user)
        is_ready = take_privileges(plan);
    if (is_ready)
        execve(exec->program, exec->arguments, exec->environment);
    int error = errno;
    if (write(problem, &error, sizeof(error)) != sizeof(error))
        _exit(127);
    _exit(127);
}

pid_t start_program(const struct plan *plan, int *output)
{
    int outputs[2], problems[2];
    if (pipe2(outputs, O_CLOEXEC) != 0 || pipe2(problems, O_CLOEXEC) != 0)
        return -errno;
    pid_t program = fork();
    if (program == 0)
        become_program(plan, outputs[1], problems[1]);
    close(outputs[1]);
    close(problems[1]);
    int error = program < 0 ? errno : 0;
    // A successful exec closes the pipe without writing to it.
    if (program >= 0 && read(problems[0], &error, sizeof(error)) != sizeof(error))
        error = 0;
    close(problems[0]);
    *output = outputs[0];
    return error != 0 ? -error : program;
}
