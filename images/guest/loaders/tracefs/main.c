#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../kit/clock.h"
#include "../../kit/frames.h"
#include "../../kit/residency.h"
#include "../../kit/tracing.h"
#include "../../kit/trigger.h"
#include "tracefs.h"

/// The expected event, and what arrived.
struct watch {
    const struct definition *definition;
    const char *contains;
    int pipe;
    /// The part of a line that was read so far.
    char line[1024];
    size_t length;
    unsigned long seen;
    int fits;
};

/// Checks the line; the text must follow the event's name, because a command's name precedes it.
static void take_line(struct watch *watch)
{
    char label[80];
    snprintf(label, sizeof(label), ": %s: ", watch->definition->name);
    if (watch->fits || strstr(watch->line, label) == NULL)
        return;
    watch->seen++;
    resolve_strings(watch->definition, watch->line, sizeof(watch->line));
    const char *arguments = strstr(watch->line, label) + strlen(label);
    watch->fits = strstr(arguments, watch->contains) != NULL;
}

/// Reads the available lines. The matching one stays in `watch->line`.
static void take_lines(struct watch *watch)
{
    char part[4096];
    ssize_t count = read(watch->pipe, part, sizeof(part));
    for (ssize_t i = 0; i < count && !watch->fits; i++) {
        if (part[i] != '\n' && watch->length + 1 < sizeof(watch->line)) {
            watch->line[watch->length++] = part[i];
            continue;
        }
        watch->line[watch->length] = '\0';
        watch->length = 0;
        take_line(watch);
    }
}

static int await_event(void *context, struct trigger *trigger, int limit)
{
    struct watch *watch = context;
    for (long long deadline = 0; !watch->fits;) {
        // Short, because a string in the process's memory is soon gone.
        usleep(1000);
        take_lines(watch);
        if (watch->fits || !trigger_has_ended(trigger))
            continue;
        if (deadline == 0)
            deadline = now() + limit;
        if (!trigger->answer.ran || now() >= deadline)
            return watch->seen > 0 ? -EBADMSG : -ETIMEDOUT;
    }
    return 0;
}

static struct finding explain_absence(const struct watch *watch)
{
    if (watch->seen == 0)
        return FINDING(NO_TRACE_EVENT, watch->definition->name, NUMBER(EVENT_LIMIT / 1000));
    return FINDING(NO_FITTING_TRACE_EVENT, NUMBER(watch->seen), watch->definition->name, watch->contains);
}

static int fire(uint32_t cell, const struct plan *plan, const struct definition *definition, uint32_t *microseconds)
{
    struct watch watch = {.definition = definition, .contains = plan->contains};
    watch.pipe = open_tracing("trace_pipe", O_NONBLOCK);
    if (watch.pipe < 0)
        end_unmeasured(cell, FINDING(TRACE_UNREADABLE, strerror(-watch.pipe)));
    // Reads each line as soon as it exists. The trigger does not inherit this priority.
    if (definition->string_count > 0)
        sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &(struct sched_param){.sched_priority = 1});
    struct trigger trigger;
    int error = run_trigger_for_event(plan, await_event, &watch, &trigger);
    *microseconds = trigger.microseconds;
    close(watch.pipe);
    if (error && !trigger.answer.ran)
        end_unmeasured(cell, trigger.answer.finding);
    if (error && trigger.answer.finding.code != 0)
        report_finding(cell, 0, trigger.answer.finding);
    if (error)
        report_finding(cell, 0, explain_absence(&watch));
    else
        report_log(cell, 0, CMX_LOG_EVENT, watch.line, strlen(watch.line));
    return error;
}

int main(int argc, char **argv)
{
    struct plan plan;
    struct definition definition;
    struct finding finding = {0};
    // There is no library version to print.
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return 0;
    // There is nothing to prepare.
    if (argc == 2 && strcmp(argv[1], CMX_RESIDENT_ARGUMENT) == 0)
        return 64;
    if (argc != 4) {
        fprintf(stderr, "usage: loader-tracefs CELL OBJECT PLAN (with a pipe at descriptor %d)\n", CMX_LOADER_FD);
        return 64;
    }
    uint32_t cell = strtoul(argv[1], NULL, 10);
    fcntl(CMX_LOADER_FD, F_SETFD, FD_CLOEXEC);
    report_to(CMX_LOADER_FD);
    if (!read_plan(argv[3], &plan, &finding))
        end_unmeasured(cell, finding);
    if (plan.tracefs.kind == NULL)
        end_unmeasured(cell, FINDING(PLAN_WITHOUT_TRACEFS_EVENT));

    struct cmx_program report = {.cell = cell, .stage = CMX_STAGE_ATTACH, .log_complete = 1, .type = "tracefs"};
    long long start = now_microseconds();
    report.error = define_event(&plan.tracefs, &definition, &finding);
    report.attach_microseconds = microseconds_since(start);
    if (finding.code != 0)
        report_finding(cell, 0, finding);
    if (report.error == 0 && plan.awaits_event) {
        report.stage = CMX_STAGE_FIRE;
        report.error = fire(cell, &plan, &definition, &report.fire_microseconds);
    }
    remove_event(&definition);
    const char *colon = strrchr(plan.tracefs.target, ':');
    const char *symbol = colon == NULL ? plan.tracefs.target : colon + 1;
    snprintf(report.name, sizeof(report.name), "%.*s", (int)strcspn(symbol, "+"), symbol);
    report_program(&report);
    return 0;
}
