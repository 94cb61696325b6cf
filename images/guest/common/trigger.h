/// The trigger of a plan, run beside the loader that waits for its event.
///
/// The agent's binary holds it (`/init trigger PLAN`), so that a loader in any language can have one.
#ifndef CMX_TRIGGER_H
#define CMX_TRIGGER_H

#include <sys/types.h>

#include "plan.h"

/// How long an event may take after the trigger has ended, in milliseconds of the guest's time.
#define EVENT_LIMIT 5000
/// The part of it after which the trigger is run once more. On a busy host what it did may have been cut short, or the
/// event may have been lost among others; that must not read as a probe that does not fire.
#define SECOND_TRIGGER_AFTER 2000

struct trigger {
    /// 0 where the plan has none, or it has ended.
    pid_t pid;
    int output;
    /// Set once it has ended: whether the guest could run it at all, and one line about it, mostly empty.
    int ran;
    char words[512];
};

/// Starts it. A trigger that cannot even be started has ended without having run.
struct trigger start_trigger(const struct plan *plan);
/// Whether it has ended.
int trigger_has_ended(struct trigger *trigger);
/// Kills it and whatever it was about to do.
void stop_trigger(struct trigger *trigger);

/// Waits for the event until `limit` milliseconds after the trigger has ended. Returns 0 once it has come, -ETIMEDOUT
/// where nothing came, -EBADMSG where only others came, or the negative errno of what kept it from waiting.
typedef int await_event_function(void *context, struct trigger *trigger, int limit);
/// Whether `error` says that the event did not come.
int is_absence(int error);
/// Runs the plan's trigger, and once more where the event did not come, and returns what the last wait returned. `*trigger`
/// is the one that was run last; neither runs any more.
int run_trigger_for_event(const struct plan *plan, await_event_function *await, void *context, struct trigger *trigger);

#endif
