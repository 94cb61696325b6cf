#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kit/ask_program.h"
#include "../../kit/load_log.h"
#include "../../kit/privileges.h"
#include "ask.h"
#include "messages.h"
#include "stages.h"

/// Reports, before libbpf's messages, what else prevents a program from loading. libbpf rejects it for lack of kernel
/// BTF, or the verifier reports only a consequence.
static void report_other_obstacles(uint32_t cell, uint32_t index, const struct observed_load *observed,
                                   const struct bpf_program *program)
{
    libbpf_print_fn_t keep = libbpf_set_print(NULL);
    enum bpf_prog_type type = bpf_program__type(program);
    // Without the privileges for it, the kernel rejects programs of all kinds.
    int may_load = missing_capability(type) == NULL;
    if (may_load && !observed->attempted && !observed->prepared && !observed->map_error &&
        type != BPF_PROG_TYPE_UNSPEC && libbpf_probe_bpf_prog_type(type, NULL) == 0)
        report_finding(cell, index, FINDING(PROGRAM_TYPE_REJECTED, libbpf_bpf_prog_type_str(type)));
    // Before that, calls of kernel functions look the same.
    if (may_load && observed->attempted && lacks_calls(bpf_program__insns(program), bpf_program__insn_cnt(program)))
        report_finding(cell, index, FINDING(CALLS_REJECTED));
    libbpf_set_print(keep);
}

/// Kept after libbpf's messages, because the last one counts.
static void keep_reason(const struct observed_load *observed, const struct bpf_object *object,
                        const struct bpf_program *program, const char *target, int error)
{
    // Drops libbpf's messages about feature probes.
    libbpf_print_fn_t keep = libbpf_set_print(NULL);
    struct finding answer = ask_about_refusal(observed, lacks_size(object, observed->map_type), error);
    // The kernel's BTF does not have the program's target. libbpf itself reports a target that exists nowhere.
    if (answer.code == 0 && observed->prepared && !observed->attempted &&
        bpf_program__type(program) == BPF_PROG_TYPE_TRACING)
        answer = ask_about_attachment(program, target, -ESRCH);
    if (answer.code == CMX_FINDING_SYMBOL_ABSENT)
        answer.code = 0;
    libbpf_set_print(keep);
    keep_answer(answer);
}

static void report_unopened(uint32_t cell, int error)
{
    struct cmx_program report = {
        .cell = cell, .program = CMX_WHOLE_OBJECT, .stage = CMX_STAGE_OPEN, .error = error, .log_complete = 1};
    report_messages(cell, CMX_WHOLE_OBJECT);
    report_program(&report);
}

static uint32_t failed_stage(const struct observed_load *observed)
{
    if (observed->attempted || observed->prepared)
        return CMX_STAGE_LOAD;
    return observed->map_error ? CMX_STAGE_MAPS : CMX_STAGE_OPEN;
}

/// Loads the program alone, reports it and returns the report.
static struct cmx_program load_program(uint32_t cell, const char *path, struct bpf_object *object, uint32_t index,
                                       const struct plan *plan)
{
    struct bpf_program *program = select_program(object, index);
    struct bpf_object *target = load_target(program, path, plan);
    struct observed_load *observed = observe_next_load();
    observed->asked.type = bpf_program__type(program);
    bpf_program__set_log_level(program, 1);
    bpf_program__set_log_buf(program, observed->log, QUIET_LOG_BYTES);
    int error = set_maps(object, plan);
    if (error == 0 && plan != NULL)
        error = set_load_target(program, plan_target(plan, bpf_program__name(program)));
    if (error == 0)
        error = bpf_object__load(object);
    // What libbpf does after the load (filling a prog array with deselected programs) is not about this program.
    if (observed->attempted)
        error = observed->error;

    struct cmx_program report = {
        .cell = cell,
        .program = index,
        .stage = error ? failed_stage(observed) : CMX_STAGE_LOAD,
        .error = error,
        .log_complete = observed->log_complete,
        .translated_bytes = observed->translated_bytes,
        .jited_bytes = observed->jited_bytes,
        .verified_instructions = observed->verified_instructions,
        .instructions = observed->attempted ? observed->asked.instructions : 0,
        .load_microseconds = observed->load_microseconds,
        .verification_microseconds = observed->verification_microseconds,
        .log_lacks_memory = observed->log_lacks_memory,
    };
    const char *type = libbpf_bpf_prog_type_str(bpf_program__type(program));
    snprintf(report.name, sizeof(report.name), "%s", bpf_program__name(program));
    snprintf(report.type, sizeof(report.type), "%s", type ? type : "unspec");
    if (error)
        keep_reason(observed, object, program, plan_target(plan, bpf_program__name(program)), error);
    if (error)
        report_other_obstacles(cell, index, observed, program);
    report_log(cell, index, CMX_LOG_VERIFIER, observed->log, strlen(observed->log));
    report_messages(cell, index);
    report_program(&report);
    bpf_object__close(target);
    return report;
}

static uint32_t count_programs(struct bpf_object *object)
{
    uint32_t count = 0;
    struct bpf_program *program;
    bpf_object__for_each_program(program, object) count++;
    return count;
}

/// Whether the object's first program, loaded alone, is the whole object.
static int is_whole(struct bpf_object *object, uint32_t count)
{
    struct bpf_program *program = bpf_object__next_program(object, NULL);
    // The program whose function it replaces is closed by now; and libbpf can fail in a step after the load.
    return count == 1 && bpf_program__type(program) != BPF_PROG_TYPE_EXT && bpf_program__fd(program) >= 0;
}

void load_object(uint32_t cell, const char *path, const struct plan *plan)
{
    libbpf_set_print(keep_message);
    struct cmx_program *reports = NULL;
    struct bpf_object *object = NULL;
    uint32_t count = 1, failures = 0;
    // An object can be loaded once, so each program gets a fresh one.
    for (uint32_t index = 0; index < count; index++) {
        bpf_object__close(object);
        object = open_object(path);
        if (object == NULL) {
            report_unopened(cell, -errno);
            return;
        }
        count = count_programs(object);
        if (reports == NULL)
            reports = calloc(count, sizeof(*reports));
        if (index == 0) {
            check_map_settings(cell, object, plan);
            report_sized_maps(cell, object, plan);
        }
        if (index < count) {
            reports[index] = load_program(cell, path, object, index, plan);
            failures += reports[index].error != 0;
        }
    }
    // If one of its programs fails, the object fails as a whole.
    int goes_on = failures == 0 && count > 0;
    if (!goes_on || !is_whole(object, count)) {
        bpf_object__close(object);
        object = goes_on ? load_whole(cell, path, plan) : NULL;
    }
    if (object != NULL && plan != NULL && !plan->stops_at_load)
        run_stages(cell, object, plan, reports);
    else
        bpf_object__close(object);
    free(reports);
}
