/// Residency: a loader starts once, before its guest's snapshot, and then serves one cell after another.
///
/// The agent starts `/bin/loader-<name> --resident` with one end of a SOCK_SEQPACKET socket at CMX_RESIDENT_FD. The
/// loader does once what every cell would repeat (feature probes, the kernel's BTF), sends RESIDENT_READY, and answers
/// each request with RESIDENT_STARTED and RESIDENT_ENDED. docs/loaders.md has the contract.
#ifndef CMX_RESIDENCY_H
#define CMX_RESIDENCY_H

#include <stdint.h>
#include <sys/types.h>

#include "guest_protocol.h"

#define CMX_RESIDENT_FD 3
/// The argument that makes a loader resident. A loader that does not support it exits with a status other than 0.
#define CMX_RESIDENT_ARGUMENT "--resident"

/// From agent to loader, with two descriptors as SCM_RIGHTS.
/// They are the write ends of the pipes for the cell's frames and for its standard output and error.
struct resident_request {
    uint32_t cell;
    /// Empty to examine the kernel; only the libbpf loader receives such requests.
    char object[CMX_NAME_BYTES];
    /// Empty to stop after the load.
    char plan[CMX_NAME_BYTES];
    /// Whether to keep complete logs.
    uint32_t full_logs;
};

enum resident_event {
    /// The loader is waiting for the next request.
    RESIDENT_READY = 1,
    /// `value` is the pid of the process that runs the cell, which the agent kills on a timeout.
    RESIDENT_STARTED = 2,
    /// `value` is the cell's wait status.
    RESIDENT_ENDED = 3,
    /// As RESIDENT_ENDED, but the loader exits now because the cell left something behind in it. The agent starts another.
    RESIDENT_LEAVING = 4,
};

struct resident_message {
    uint32_t event;
    int32_t value;
};

struct resident_cell {
    struct resident_request request;
    int reports;
    int words;
};

/// Receives the next request. Returns 0 if the agent is gone.
int receive_cell(struct resident_cell *cell);
/// Returns 0 if the agent is gone.
int send_resident_event(enum resident_event event, int32_t value);

/// Serves cells until the agent is gone, each in a child of this process with its own pipes and bpffs.
/// The child inherits everything that was set up before this call. `prepare` runs in this process before each cell and
/// may be NULL; `run` returns once the cell has been reported.
void serve_cells(void (*prepare)(void), void (*run)(const struct resident_request *request));

#endif
