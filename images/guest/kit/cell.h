/// The plan and trigger of the cell that this process works on, in plain values: for languages that do not see C's structures.
#ifndef CMX_CELL_H
#define CMX_CELL_H

#include "trigger.h"

/// Reads the plan at `path`, in the place of the last one. Returns NULL, or what is wrong with it.
const struct finding *read_cell_plan(const char *path);
/// As `plan_target`.
const char *cell_target(const char *program);
int cell_awaits_event(void);
const char *cell_event_map(void);
const char *cell_event_text(void);

/// `await_event_function`.
typedef int await_cell_event(void *context, struct trigger *trigger, int limit);
/// As `run_trigger_for_event`.
int run_cell_trigger(await_cell_event *await, void *context);
/// Runs it where the plan awaits nothing, and returns when it has ended.
void run_cell_trigger_alone(void);
/// Whether the guest could run a trigger that has ended.
int trigger_ran(const struct trigger *trigger);
/// The same of the trigger that was run last, and what there is to be said about it, mostly nothing.
int cell_trigger_ran(void);
const struct finding *cell_trigger_finding(void);
/// What the last `run_cell_trigger` took, in microseconds.
uint32_t cell_fire_microseconds(void);

#endif
