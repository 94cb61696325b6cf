/// Resident loaders: started once, before the snapshot, and restarted if one is gone.
#ifndef CMX_RESIDENTS_H
#define CMX_RESIDENTS_H

#include <sys/types.h>

#include "guest_protocol.h"

struct resident {
    char name[CMX_NAME_BYTES];
    /// 0 while it is not running.
    pid_t pid;
    int control;
    /// Whether its last start succeeded; otherwise, it is not started again.
    int stays;
};

/// Starts every loader of the image as a resident, and waits until those that support it are ready.
void start_image_residents(void);
/// The resident loader with that name, started if it is not running; NULL if the loader cannot be resident. A loader that came
/// with a job is only started as a resident if `may_stay` is set. `limit` is the time to become ready, in milliseconds; 0 stands
/// for the limit of the image's loaders.
struct resident *find_resident(const char *name, int may_stay, uint32_t limit);
/// Waits at most `limit` milliseconds for the loader's next message; a negative limit waits forever. Returns 0 after a timeout,
/// and -1 if the loader is gone.
struct resident_message;
int receive_resident_event(const struct resident *resident, struct resident_message *message, int limit);
/// Records that the loader is gone and returns its wait status; kills it if it is still running.
int forget_resident(struct resident *resident);
/// Whether the process is a resident loader.
int is_resident(pid_t pid);

#endif
