/// Events of an object: perf event arrays, ring buffers, changes of other maps, an iterator's output.
#ifndef CMX_EVENTS_H
#define CMX_EVENTS_H

#include <bpf/libbpf.h>
#include <stdint.h>

#include "../../kit/plan.h"
#include "../../kit/trigger.h"

/// Prepares for events of the loaded object. Returns 0 if the plan does not match the object; the messages say why.
int open_events(struct bpf_object *object, const struct plan *plan);
/// Called between attaching and the trigger: earlier contents of a map are not events.
void settle_events(void);
/// Waits until an event fits; `await_event_function` of kit/trigger.h, without a context.
int await_event(void *context, struct trigger *trigger, int limit);
/// Keeps a finding: no event arrived, or none matched.
void explain_absence(void);
/// Reports the matching event, if there is one.
void report_event(uint32_t cell);

// For sources of events.

/// Checks an event.
void take_event(const void *bytes, size_t length);
/// Whether an event matched.
int has_event(void);

/// A source of events. `poll` passes on available ones, or waits at most `limit` milliseconds for some.
/// It returns 0 or a negative errno.
struct event_source {
    int (*poll)(int limit);
    /// May be NULL.
    void (*settle)(void);
};
// They return NULL on failure, with the reason among the messages.
const struct event_source *watch_perf_buffer(const struct bpf_map *map);
const struct event_source *watch_ring_buffer(const struct bpf_map *map);
const struct event_source *watch_values(const struct bpf_map *map);
const struct event_source *watch_iterator(void);

#endif
