/// The trigger of a plan, which runs while the loader waits for its event.
///
/// A service of the agent runs it (`agent/trigger_service.c`), where the calling thread is: in its network, its mounts and, where
/// the kit has made one, its cgroup.
#ifndef CMX_TRIGGER_H
#define CMX_TRIGGER_H

#include <stdint.h>

#include "plan.h"

/// Where the service listens; a socket of type SOCK_SEQPACKET.
#define TRIGGER_SOCKET "/run/compat-matrix/trigger"
/// Set for a loader whose triggers must run in newly started shells rather than in copies of waiting ones.
#define FRESH_TRIGGER_VARIABLE "COMPAT_MATRIX_FRESH_TRIGGER"

/// The maximum length of a trigger's text, including the terminating NUL.
#define TRIGGER_TEXT_BYTES (60u << 10)

/// To the service, with the descriptors of `struct place`. A connection is one trigger; closing it ends the trigger.
struct trigger_request {
    /// An `enum trigger_kind`.
    uint32_t kind;
    /// Whether to start a new shell for it.
    uint32_t is_fresh;
    /// Of variable length; NUL-terminated.
    char text[TRIGGER_TEXT_BYTES];
};

/// Sent by the service once the trigger has ended.
struct trigger_answer {
    /// Whether the guest was able to run it.
    int32_t ran;
    /// A finding about it, usually none.
    struct finding finding;
};

/// How long to wait for an event after the trigger has ended, in milliseconds of the guest's clock.
#define EVENT_LIMIT 5000
/// The part of it after which the trigger is run once more, in a shell that is started for it. On a busy host what it did may have
/// been cut short, or the event may have been lost among others; and some programs fire when a program is started, which a
/// shell that has waited does not do. Neither must read as a probe that does not fire.
#define SECOND_TRIGGER_AFTER 1000

/// How long to wait for an event before checking whether the trigger has ended, in milliseconds. Most events arrive during the
/// first wait. If none arrives, waits grow, so that the guest leaves its processor to others.
#define FIRST_EVENT_WAIT 20
/// The wait after one of `milliseconds`.
int next_event_wait(int milliseconds);

struct trigger {
    /// Of the service; negative where the plan has no trigger, or it has ended.
    int connection;
    struct trigger_answer answer;
    /// From the start of the first trigger until the event came or was given up, which is when it was last waited for.
    uint32_t microseconds;
};

/// Starts it. A trigger that cannot be started counts as ended without having run.
struct trigger start_trigger(const struct plan *plan, int is_fresh);
/// Whether it has ended.
int trigger_has_ended(struct trigger *trigger);
/// Waits until it has ended; the service limits its duration.
void await_trigger_end(struct trigger *trigger);
/// Ends it, including pending work.
void stop_trigger(struct trigger *trigger);

/// Waits for the event until `limit` milliseconds after the trigger has ended. Returns 0 once it has come, -ETIMEDOUT
/// where nothing came, -EBADMSG where only others came, or the negative errno of what kept it from waiting.
typedef int await_event_function(void *context, struct trigger *trigger, int limit);
/// Whether `error` means that the event did not arrive.
int is_absence(int error);
/// Runs the plan's trigger, and once more where the event did not come, and returns what the last wait returned. `*trigger`
/// is the one that was run last; neither runs any more.
int run_trigger_for_event(const struct plan *plan, await_event_function *await, void *context, struct trigger *trigger);

#endif
