/// The process that runs triggers, which cause the event that a plan's probe waits for.
#ifndef CMX_TRIGGER_SERVICE_H
#define CMX_TRIGGER_SERVICE_H

#include "shells.h"

/// Starts the service and returns once its shells are waiting. Returns its pid; 0 if it cannot be started.
/// `shells` is shared memory.
pid_t start_trigger_service(struct waiting_shells *shells);

/// Implements `/init trigger PLAN`, for loaders without the kit: runs the plan's trigger in the caller's environment.
/// Prints the finding, if any, to standard output in one line. Returns 0, or UNMEASURABLE_STATUS if the guest could not
/// run it.
int run_trigger(const char *path);

#endif
