/// Loaders that stay: started once, before the snapshot, and again where one is gone.
#ifndef CMX_RESIDENTS_H
#define CMX_RESIDENTS_H

#include <sys/types.h>

#include "guest_protocol.h"

struct resident {
    char name[CMX_NAME_BYTES];
    /// 0 while it does not run.
    pid_t pid;
    int control;
    /// Whether it was ready when it was started last; one that was not is not started again.
    int stays;
};

/// Tries every loader of the image, and waits until those that stay are ready.
void start_image_residents(void);
/// The resident loader of that name, started where it does not run; NULL where there is none that stays. A loader that came with
/// a job is only tried when `may_stay` says so. `limit` is how long it may take to be ready, in milliseconds; 0: as long as loaders of
/// the image may.
struct resident *find_resident(const char *name, int may_stay, uint32_t limit);
/// Waits at most `limit` milliseconds for what the loader says next; negative: for ever. Returns 0 where nothing came in time, and
/// -1 when the loader is gone.
struct resident_message;
int receive_resident_event(const struct resident *resident, struct resident_message *message, int limit);
/// Takes note that the loader is gone, and returns its wait status; kills it where it is not.
int forget_resident(struct resident *resident);
/// Whether the process is a loader that stays.
int is_resident(pid_t pid);

#endif
