/// The process that runs triggers, which cause the event that a plan's probe waits for.
#ifndef CMX_TRIGGER_SERVICE_H
#define CMX_TRIGGER_SERVICE_H

#include "shells.h"

/// Starts the service and waits until its shells wait. Returns its process, 0 where there can be none; `shells` is memory that both
/// share.
pid_t start_trigger_service(struct waiting_shells *shells);

/// `/init trigger PLAN`, for loaders that do not have the kit: runs the plan's trigger where the calling process is. Says on
/// standard output, in one line, what is to be said about it. Returns 0, or UNMEASURABLE_STATUS where the guest could not run it.
int run_trigger(const char *path);

#endif
