/// The trigger of a plan, which runs while the loader waits for its event.
///
/// A service of the agent (`agent/trigger_service.c`) runs it in the calling thread's network, mounts and, if the kit
/// created one, cgroup.
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

/// Sent to the service, with the descriptors of `struct place`. One connection per trigger; closing it ends it.
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
/// How much of EVENT_LIMIT passes before the trigger runs once more, in a newly started shell.
/// On a busy host, the first run may have been cut short, or its event lost among others. Some programs fire when a
/// program starts, which a copy of a waiting shell does not do. Neither must look like a probe that does not fire.
#define SECOND_TRIGGER_AFTER 1000

/// How long to wait for an event before checking whether the trigger has ended, in milliseconds. Most events arrive during the
/// first wait. If none arrives, waits grow, so that the guest leaves its processor to others.
#define FIRST_EVENT_WAIT 20
/// The wait that follows one of `milliseconds`.
int next_event_wait(int milliseconds);

struct trigger {
    /// To the service; negative if the plan has no trigger, or once the trigger has ended.
    int connection;
    struct trigger_answer answer;
    /// From the start of the first trigger until the event arrived or the last wait for it ended.
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

/// Waits for the event until `limit` milliseconds after the trigger has ended.
/// Returns 0 once it has arrived, -ETIMEDOUT if no event arrived, -EBADMSG if only others did, or the negative errno of
/// a failed wait.
typedef int await_event_function(void *context, struct trigger *trigger, int limit);
/// Whether `error` means that the event did not arrive.
int is_absence(int error);
/// Runs the plan's trigger, once more if the event did not arrive, and returns the result of the last wait.
/// `*trigger` is the last one that ran; none is running on return.
int run_trigger_for_event(const struct plan *plan, await_event_function *await, void *context, struct trigger *trigger);

#endif
