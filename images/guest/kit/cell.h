/// The plan and trigger of this process's cell, as plain values: for languages that cannot access C structures.
#ifndef CMX_CELL_H
#define CMX_CELL_H

#include "trigger.h"

/// Reads the plan at `path`, which replaces the previous one. Returns NULL, or the error.
const struct finding *read_cell_plan(const char *path);
/// As `plan_target`, `plan_names` and `plan_excludes`.
const char *cell_target(const char *program);
int cell_names(const char *program);
int cell_excludes(const char *program, int is_optional);
int cell_stops_at_load(void);
int cell_sizes_maps(void);
/// Whether the cell runs with fewer privileges than root has.
int cell_has_user(void);
/// What the plan sets of maps.
size_t cell_map_count(void);
const struct plan_map *cell_map(size_t index);
/// As `make_pin_folders`.
void make_cell_pin_folders(void);
int cell_awaits_event(void);
const char *cell_event_map(void);
const char *cell_event_text(void);

/// `await_event_function`.
typedef int await_cell_event(void *context, struct trigger *trigger, int limit);
/// As `run_trigger_for_event`.
int run_cell_trigger(await_cell_event *await, void *context);
/// Runs it for a plan without an event, and returns when it has ended.
void run_cell_trigger_alone(void);
/// Whether the guest was able to run a trigger that has ended.
int trigger_ran(const struct trigger *trigger);
/// The same for the last trigger, with a finding about it, usually none.
int cell_trigger_ran(void);
const struct finding *cell_trigger_finding(void);
/// The duration of the last `run_cell_trigger`, in microseconds.
uint32_t cell_fire_microseconds(void);

#endif
