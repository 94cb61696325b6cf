#include "events.h"

#include <errno.h>
#include <string.h>

#include "../../kit/clock.h"
#include "../../kit/frames.h"
#include "messages.h"
#include "stages.h"

/// How much of an event is kept for the report.
#define MAX_EVENT_BYTES 4096

static struct {
    const struct event_source *source;
    /// The map that the events come from; empty for the output of an iterator.
    const char *map;
    const char *contains;
    unsigned long seen;
    int fits;
    char bytes[MAX_EVENT_BYTES];
    size_t length;
} events;

void take_event(const void *bytes, size_t length)
{
    events.seen++;
    if (events.fits || memmem(bytes, length, events.contains, strlen(events.contains)) == NULL)
        return;
    events.fits = 1;
    events.length = length < MAX_EVENT_BYTES ? length : MAX_EVENT_BYTES;
    memcpy(events.bytes, bytes, events.length);
}

int has_event(void)
{
    return events.fits;
}

static int is_stream(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY || bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF;
}

static int has_iterator(struct bpf_object *object)
{
    struct bpf_program *program;
    bpf_object__for_each_program(program,
                                 object) if (bpf_program__autoload(program) && is_in_section(program, "iter")) return 1;
    return 0;
}

/// The map that the plan names, or the object's only map for events.
/// NULL stands for an iterator's output, if there is one.
static const struct bpf_map *event_map(struct bpf_object *object, const char *name)
{
    if (name[0] != '\0')
        return bpf_object__find_map_by_name(object, name);
    const struct bpf_map *only = NULL;
    struct bpf_map *map;
    bpf_object__for_each_map(map, object)
    {
        if (!is_stream(map))
            continue;
        if (only != NULL)
            return NULL;
        only = map;
    }
    return only;
}

static const struct event_source *watch_map(const struct bpf_map *map)
{
    switch (bpf_map__type(map)) {
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
        return watch_perf_buffer(map);
    case BPF_MAP_TYPE_RINGBUF:
        return watch_ring_buffer(map);
    default:
        return watch_values(map);
    }
}

int open_events(struct bpf_object *object, const struct plan *plan)
{
    const struct bpf_map *map = event_map(object, plan->event_map);
    events.contains = plan->contains;
    if (map != NULL) {
        events.map = bpf_map__name(map);
        events.source = watch_map(map);
    } else if (plan->event_map[0] == '\0' && has_iterator(object)) {
        events.map = "";
        events.source = watch_iterator();
    } else if (plan->event_map[0] != '\0') {
        keep_finding(FINDING(EVENT_MAP_MISSING, plan->event_map));
    } else {
        keep_finding(FINDING(EVENT_MAP_AMBIGUOUS));
    }
    return events.source != NULL;
}

void settle_events(void)
{
    if (events.source->settle != NULL)
        events.source->settle();
}

static int absence(void)
{
    return events.seen == 0 ? -ETIMEDOUT : -EBADMSG;
}

void explain_absence(void)
{
    if (events.seen == 0)
        keep_finding(FINDING(NO_EVENT, events.map, NUMBER(EVENT_LIMIT / 1000)));
    else
        keep_finding(FINDING(NO_FITTING_EVENT, NUMBER(events.seen), events.map, events.contains));
}

int await_event(void *context, struct trigger *trigger, int limit)
{
    (void)context;
    long long deadline = 0;
    for (int wait = FIRST_EVENT_WAIT; !events.fits; wait = next_event_wait(wait)) {
        int error = events.source->poll(wait);
        if (error < 0 && error != -EINTR) {
            keep_finding(FINDING(EVENTS_UNREADABLE, events.map, strerror(-error)));
            return error;
        }
        if (!trigger_has_ended(trigger))
            continue;
        // The service limits the duration of the trigger.
        if (deadline == 0)
            deadline = now() + limit;
        if (!trigger->answer.ran || (!events.fits && now() >= deadline))
            return absence();
    }
    return 0;
}

void report_event(uint32_t cell)
{
    report_log(cell, CMX_WHOLE_OBJECT, CMX_LOG_EVENT, events.bytes, events.length);
}
