#include "trigger.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct trigger not_run(const char *why)
{
    struct trigger trigger = {.ran = 0};
    snprintf(trigger.words, sizeof(trigger.words), "the trigger cannot be started: %s", why);
    return trigger;
}

struct trigger start_trigger(const struct plan *plan)
{
    if (plan->trigger == TRIGGER_NONE)
        return (struct trigger){.ran = 1};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return not_run(strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        // A process group of its own, to be killed as a whole.
        setpgid(0, 0);
        dup2(ends[1], STDOUT_FILENO);
        execl("/init", "/init", "trigger", plan->path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return not_run(strerror(errno));
    }
    setpgid(pid, pid);
    return (struct trigger){.pid = pid, .output = ends[0]};
}

static void take_words(struct trigger *trigger)
{
    ssize_t length = read(trigger->output, trigger->words, sizeof(trigger->words) - 1);
    trigger->words[length > 0 ? length : 0] = '\0';
    trigger->words[strcspn(trigger->words, "\n")] = '\0';
    close(trigger->output);
}

int trigger_has_ended(struct trigger *trigger)
{
    int status;
    if (trigger->pid == 0)
        return 1;
    if (waitpid(trigger->pid, &status, WNOHANG) == 0)
        return 0;
    trigger->pid = 0;
    trigger->ran = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    take_words(trigger);
    if (!trigger->ran && trigger->words[0] == '\0')
        snprintf(trigger->words, sizeof(trigger->words), "the trigger ended with wait status %d", status);
    return 1;
}

void stop_trigger(struct trigger *trigger)
{
    if (trigger->pid == 0)
        return;
    kill(-trigger->pid, SIGKILL);
    waitpid(trigger->pid, NULL, 0);
    close(trigger->output);
    *trigger = (struct trigger){.ran = 1};
}

int is_absence(int error)
{
    return error == -ETIMEDOUT || error == -EBADMSG;
}

int run_trigger_for_event(const struct plan *plan, await_event_function *await, void *context, struct trigger *trigger)
{
    *trigger = start_trigger(plan);
    int error = await(context, trigger, SECOND_TRIGGER_AFTER);
    stop_trigger(trigger);
    if (is_absence(error) && trigger->ran) {
        *trigger = start_trigger(plan);
        error = await(context, trigger, EVENT_LIMIT - SECOND_TRIGGER_AFTER);
        stop_trigger(trigger);
    }
    return error;
}
