#include "stages.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../kit/clock.h"
#include "../../kit/files.h"
#include "../../kit/namespaces.h"
#include "../../kit/trigger.h"
#include "ask.h"
#include "events.h"
#include "loader.h"
#include "messages.h"

struct stages {
    uint32_t cell;
    const struct plan *plan;
    struct bpf_object *object;
    struct cmx_program *reports;
};

/// Ends the loader with the last finding as the reason.
__attribute__((noreturn)) static void end_stages(const struct stages *stages)
{
    report_messages(stages->cell, CMX_WHOLE_OBJECT);
    exit(UNMEASURABLE_STATUS);
}

/// Whether to attach the program: it is loaded and not excluded.
static int takes_part(const struct stages *stages, const struct bpf_program *program)
{
    return bpf_program__autoload(program) && !plan_excludes(stages->plan, bpf_program__name(program), 0);
}

/// Sets the stage of every program that takes part.
static void set_all(struct stages *stages, enum cmx_stage stage, int error)
{
    struct bpf_program *program;
    uint32_t index = 0;
    bpf_object__for_each_program(program, stages->object)
    {
        if (takes_part(stages, program)) {
            stages->reports[index].stage = stage;
            stages->reports[index].error = error;
        }
        index++;
    }
}

/// The last messages are about all programs.
static void report_all(struct stages *stages)
{
    struct bpf_program *program;
    uint32_t index = 0;
    bpf_object__for_each_program(program, stages->object)
    {
        if (takes_part(stages, program)) {
            repeat_messages(stages->cell, index);
            report_program(&stages->reports[index]);
        }
        index++;
    }
}

static int prepare_and_load(struct bpf_object *object, const struct plan *plan)
{
    struct bpf_program *program;
    int maps_error = set_maps(object, plan);
    if (maps_error)
        return maps_error;
    bpf_object__for_each_program(program, object)
    {
        const char *name = bpf_program__name(program);
        // SEC("?…") leaves a program out unless the plan names it.
        if (plan != NULL && plan_names(plan, name))
            bpf_program__set_autoload(program, true);
        int error = set_load_target(program, plan_target(plan, name));
        if (error)
            return error;
    }
    return bpf_object__load(object);
}

struct bpf_object *load_whole(uint32_t cell, const char *path, const struct plan *plan)
{
    struct bpf_object *object = open_object(path);
    int error = object == NULL ? -errno : 0;
    if (object != NULL) {
        observe_next_load();
        error = prepare_and_load(object, plan);
    }
    if (error == 0)
        return object;
    bpf_object__close(object);
    struct cmx_program report = {
        .cell = cell, .program = CMX_WHOLE_OBJECT, .stage = CMX_STAGE_LOAD, .error = error, .log_complete = 1};
    report_messages(cell, CMX_WHOLE_OBJECT);
    report_program(&report);
    return NULL;
}

/// Attaches all programs, even if one fails, and returns whether all succeeded.
static int attach_all(struct stages *stages)
{
    struct bpf_program *program;
    uint32_t index = 0;
    int failures = 0;
    set_all(stages, CMX_STAGE_ATTACH, 0);
    bpf_object__for_each_program(program, stages->object)
    {
        int error = 0;
        if (takes_part(stages, program)) {
            long long start = now_microseconds();
            error = attach_program(stages->object, program, plan_target(stages->plan, bpf_program__name(program)));
            stages->reports[index].attach_microseconds = microseconds_since(start);
        }
        if (error == ATTACH_UNMEASURABLE)
            end_stages(stages);
        if (error)
            keep_answer(ask_about_attachment(program, plan_target(stages->plan, bpf_program__name(program)), error));
        report_messages(stages->cell, index);
        if (takes_part(stages, program))
            stages->reports[index].error = error;
        index++;
        failures += error != 0;
    }
    int error = attach_struct_ops(stages->object);
    if (error)
        set_all(stages, CMX_STAGE_ATTACH, error);
    return failures == 0 && error == 0;
}

static void set_fire_time(struct stages *stages, uint32_t microseconds)
{
    struct bpf_program *program;
    uint32_t index = 0;
    bpf_object__for_each_program(program, stages->object) stages->reports[index++].fire_microseconds = microseconds;
}

/// Distinguishes a program that never ran from one that ran but sent nothing.
static void find_how_often_they_ran(const struct stages *stages)
{
    struct bpf_program *program;
    bpf_object__for_each_program(program, stages->object)
    {
        struct bpf_prog_info info = {0};
        __u32 length = sizeof(info);
        if (bpf_program__fd(program) >= 0 && bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0)
            keep_finding(FINDING(RUN_COUNT, bpf_program__name(program), NUMBER(info.run_cnt)));
    }
}

/// Runs the trigger. Returns 0 once the event has arrived, otherwise the negative errno for what arrived instead.
static int fire(struct stages *stages)
{
    settle_events();
    struct trigger trigger;
    int error = run_trigger_for_event(stages->plan, await_event, NULL, &trigger);
    set_fire_time(stages, trigger.microseconds);
    if (is_absence(error) && trigger.answer.ran)
        explain_absence();
    if (error && trigger.answer.finding.code != 0)
        keep_finding(trigger.answer.finding);
    if (error && !trigger.answer.ran)
        end_stages(stages);
    if (error && counts_runs())
        find_how_often_they_ran(stages);
    return error;
}

/// A plan without an event ends once the programs are attached. Its trigger runs nevertheless, to see how the kernel
/// reacts.
static void run_trigger_alone(struct stages *stages)
{
    struct trigger trigger = start_trigger(stages->plan, 0);
    await_trigger_end(&trigger);
    if (trigger.answer.finding.code != 0)
        keep_finding(trigger.answer.finding);
    if (!trigger.answer.ran)
        end_stages(stages);
}

static void attach_and_fire(struct stages *stages)
{
    isolate_network();
    if (stages->plan->awaits_event && !open_events(stages->object, stages->plan)) {
        // For root, the guest lacks something.
        if (!stages->plan->has_user || (errno != EACCES && errno != EPERM))
            end_stages(stages);
        set_all(stages, CMX_STAGE_FIRE, -errno);
        return;
    }
    if (!attach_all(stages))
        return;
    if (!stages->plan->awaits_event) {
        run_trigger_alone(stages);
        return;
    }
    set_all(stages, CMX_STAGE_FIRE, fire(stages));
    report_event(stages->cell);
}

/// Reports all programs and closes the object.
static void finish(struct stages *stages)
{
    report_all(stages);
    detach_all();
    bpf_object__close(stages->object);
}

void run_stages(uint32_t cell, struct bpf_object *object, const struct plan *plan, struct cmx_program *reports)
{
    struct stages stages = {cell, plan, object, reports};
    attach_and_fire(&stages);
    finish(&stages);
}
