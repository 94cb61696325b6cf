#include "glue.h"

#include <stdio.h>
#include <unistd.h>

static struct plan plan;
static struct trigger last_trigger;

void glue_report_program(uint32_t cell, uint32_t program, uint32_t stage, int32_t error, uint32_t log_complete,
                         uint32_t translated_bytes, uint32_t jited_bytes, uint32_t verified_instructions,
                         uint32_t instructions, uint32_t load_microseconds, uint32_t attach_microseconds,
                         uint32_t fire_microseconds, const char *name, const char *type)
{
    struct cmx_program report = {
        .cell = cell,
        .program = program,
        .stage = stage,
        .error = error,
        .log_complete = log_complete,
        .translated_bytes = translated_bytes,
        .jited_bytes = jited_bytes,
        .verified_instructions = verified_instructions,
        .instructions = instructions,
        .load_microseconds = load_microseconds,
        .attach_microseconds = attach_microseconds,
        .fire_microseconds = fire_microseconds,
    };
    snprintf(report.name, sizeof(report.name), "%s", name);
    snprintf(report.type, sizeof(report.type), "%s", type);
    report_program(&report);
}

void glue_end_unmeasured(uint32_t cell, const char *text)
{
    report_unmeasurable(cell, "%s", text);
}

const char *glue_read_plan(const char *path)
{
    static char problem[256];
    return read_plan(path, &plan, problem, sizeof(problem)) ? NULL : problem;
}

const char *glue_plan_target(const char *program)
{
    return plan_target(&plan, program);
}

int glue_plan_awaits_event(void)
{
    return plan.awaits_event;
}

const char *glue_plan_event_map(void)
{
    return plan.event_map;
}

const char *glue_plan_contains(void)
{
    return plan.contains;
}

int glue_run_trigger(glue_await *await, void *context)
{
    return run_trigger_for_event(&plan, await, context, &last_trigger);
}

void glue_run_trigger_alone(void)
{
    last_trigger = start_trigger(&plan);
    while (!trigger_has_ended(&last_trigger))
        usleep(10000);
}

int glue_trigger_ran(const struct trigger *trigger)
{
    return trigger->ran;
}

int glue_last_trigger_ran(void)
{
    return last_trigger.ran;
}

const char *glue_last_trigger_words(void)
{
    return last_trigger.words;
}
