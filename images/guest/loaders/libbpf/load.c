#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

/// What libbpf said about the load at hand.
static char *messages;
static size_t messages_length;

static void keep_line(const char *line, size_t length)
{
    if (length == 0)
        return;
    char *longer = realloc(messages, messages_length + length);
    if (longer != NULL) {
        messages = longer;
        memcpy(messages + messages_length, line, length);
        messages_length += length;
    }
}

static int keep_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
    if (level == LIBBPF_DEBUG)
        return 0;
    char *line;
    int length = vasprintf(&line, format, arguments);
    if (length < 0)
        return 0;
    keep_line(line, length);
    free(line);
    return length;
}

/// After libbpf's own words, since the last word counts.
static void keep_answer(const struct observed_load *observed)
{
    // What libbpf says of loads that only ask is not to be kept.
    libbpf_print_fn_t keep = libbpf_set_print(NULL);
    char answer[256];
    ask_about_refusal(observed, answer, sizeof(answer));
    libbpf_set_print(keep);
    keep_line(answer, strlen(answer));
}

static void report_messages(uint32_t cell, uint32_t program)
{
    report_log(cell, program, CMX_LOG_LOADER, messages, messages_length);
    messages_length = 0;
}

static void report_unopened(uint32_t cell, int error)
{
    struct cmx_program report = {
        .cell = cell, .program = CMX_WHOLE_OBJECT, .stage = CMX_STAGE_OPEN, .error = error, .log_complete = 1};
    report_messages(cell, CMX_WHOLE_OBJECT);
    report_program(&report);
}

/// BPF_MAP_TYPE_CGRP_STORAGE came with Linux 6.2, after the headers of Debian 12.
#define TYPE_CGRP_STORAGE 32

/// Maps without a size get one from the application at run time (veristat does the same). A size for a perf event
/// array and the like is libbpf's own business.
static void size_maps(struct bpf_object *object)
{
    struct bpf_map *map;
    bpf_object__for_each_map(map, object) {
        switch ((int)bpf_map__type(map)) {
        case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
        case BPF_MAP_TYPE_SK_STORAGE:
        case BPF_MAP_TYPE_TASK_STORAGE:
        case BPF_MAP_TYPE_INODE_STORAGE:
        case BPF_MAP_TYPE_CGROUP_STORAGE:
        case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
        case TYPE_CGRP_STORAGE:
        case BPF_MAP_TYPE_STRUCT_OPS:
            break;
        default:
            if (bpf_map__max_entries(map) == 0)
                bpf_map__set_max_entries(map, 1);
        }
    }
}

/// Leaves just the program with number `index` to be loaded and returns it.
static struct bpf_program *select_program(struct bpf_object *object, uint32_t index)
{
    struct bpf_program *program, *selected = NULL;
    uint32_t position = 0;
    bpf_object__for_each_program(program, object) {
        bpf_program__set_autoload(program, position == index);
        if (position++ == index)
            selected = program;
    }
    return selected;
}

static uint32_t failed_stage(const struct observed_load *observed)
{
    if (observed->attempted)
        return CMX_STAGE_LOAD;
    return observed->map_error ? CMX_STAGE_MAPS : CMX_STAGE_OPEN;
}

static void load_program(uint32_t cell, struct bpf_object *object, uint32_t index)
{
    struct bpf_program *program = select_program(object, index);
    size_maps(object);
    drop_optional_attach_type(program);
    struct observed_load *observed = observe_next_load();
    bpf_program__set_log_level(program, 1);
    bpf_program__set_log_buf(program, observed->log, OBSERVED_LOG_BYTES);
    int error = bpf_object__load(object);
    // What libbpf does after the load (filling a prog array with programs that were left out) is not this program's.
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
        .log_lacks_memory = observed->log_lacks_memory,
    };
    const char *type = libbpf_bpf_prog_type_str(bpf_program__type(program));
    snprintf(report.name, sizeof(report.name), "%s", bpf_program__name(program));
    snprintf(report.type, sizeof(report.type), "%s", type ? type : "unspec");
    if (error)
        keep_answer(observed);
    report_log(cell, index, CMX_LOG_VERIFIER, observed->log, strlen(observed->log));
    report_messages(cell, index);
    report_program(&report);
}

static uint32_t count_programs(struct bpf_object *object)
{
    uint32_t count = 0;
    struct bpf_program *program;
    bpf_object__for_each_program(program, object)
        count++;
    return count;
}

void load_object(uint32_t cell, const char *path)
{
    libbpf_set_print(keep_message);
    uint32_t count = 1;
    // An object can be loaded once, so each program gets a fresh one.
    for (uint32_t index = 0; index < count; index++) {
        struct bpf_object *object = bpf_object__open_file(path, NULL);
        if (object == NULL) {
            report_unopened(cell, -errno);
            return;
        }
        count = count_programs(object);
        if (index < count)
            load_program(cell, object, index);
        bpf_object__close(object);
    }
}
