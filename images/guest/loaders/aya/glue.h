/// What a loader in Rust calls of the C that loaders share. Plain values only, so that no layout is written down twice; the
/// plan is the process's only one.
#ifndef CMX_GLUE_H
#define CMX_GLUE_H

#include "../../common/report.h"
#include "../../common/trigger.h"

/// The fields of `struct cmx_program`.
void glue_report_program(uint32_t cell, uint32_t program, uint32_t stage, int32_t error, uint32_t log_complete,
                         uint32_t translated_bytes, uint32_t jited_bytes, uint32_t verified_instructions,
                         uint32_t instructions, uint32_t load_microseconds, uint32_t attach_microseconds,
                         uint32_t fire_microseconds, const char *name, const char *type);

/// Ends the loader with status UNMEASURABLE_STATUS; `text` becomes one line of the whole object.
__attribute__((noreturn)) void glue_end_unmeasured(uint32_t cell, const char *text);

/// Returns NULL, or what is wrong with the plan at `path`.
const char *glue_read_plan(const char *path);
/// NULL: where the program's section says.
const char *glue_plan_target(const char *program);
int glue_plan_awaits_event(void);
const char *glue_plan_event_map(void);
const char *glue_plan_contains(void);

/// `await_event_function`, whose trigger a loader in another language cannot look into.
typedef int glue_await(void *context, struct trigger *trigger, int limit);
/// Runs the plan's trigger and returns what the last wait returned.
int glue_run_trigger(glue_await *await, void *context);
/// Runs it where the plan awaits nothing, and returns when it has ended.
void glue_run_trigger_alone(void);
int glue_trigger_ran(const struct trigger *trigger);
/// Whether the trigger that was run last could be run at all, and its one line, mostly empty.
int glue_last_trigger_ran(void);
const char *glue_last_trigger_words(void);

#endif
