#include "cell.h"

#include <stdlib.h>

static struct plan plan;
static struct trigger last_trigger;

const struct finding *read_cell_plan(const char *path)
{
    static struct finding problem;
    forget_plan(&plan);
    return read_plan(path, &plan, &problem) ? NULL : &problem;
}

const char *cell_target(const char *program)
{
    return plan_target(&plan, program);
}

int cell_names(const char *program)
{
    return plan_names(&plan, program);
}

int cell_excludes(const char *program, int is_optional)
{
    return plan_excludes(&plan, program, is_optional);
}

int cell_stops_at_load(void)
{
    return plan.stops_at_load;
}

int cell_sizes_maps(void)
{
    return plan.sizes_maps;
}

int cell_has_user(void)
{
    return plan.has_user;
}

size_t cell_map_count(void)
{
    return plan.map_count;
}

const struct plan_map *cell_map(size_t index)
{
    return &plan.maps[index];
}

void make_cell_pin_folders(void)
{
    make_pin_folders(&plan);
}

int cell_awaits_event(void)
{
    return plan.awaits_event;
}

const char *cell_event_map(void)
{
    return plan.event_map;
}

const char *cell_event_text(void)
{
    return plan.contains;
}

int run_cell_trigger(await_cell_event *await, void *context)
{
    return run_trigger_for_event(&plan, await, context, &last_trigger);
}

void run_cell_trigger_alone(void)
{
    last_trigger = start_trigger(&plan, 0);
    await_trigger_end(&last_trigger);
}

int trigger_ran(const struct trigger *trigger)
{
    return trigger->answer.ran;
}

int cell_trigger_ran(void)
{
    return last_trigger.answer.ran;
}

const struct finding *cell_trigger_finding(void)
{
    return &last_trigger.answer.finding;
}

uint32_t cell_fire_microseconds(void)
{
    return last_trigger.microseconds;
}
