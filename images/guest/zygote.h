/// What the agent and a loader that runs as a zygote say to each other over a socket of type SOCK_SEQPACKET.
#ifndef CMX_ZYGOTE_H
#define CMX_ZYGOTE_H

#include <stdint.h>

/// The descriptor of the socket in a loader that was started with `--zygote`.
#define CMX_ZYGOTE_FD 3

/// Agent to loader, with the write end of the cell's pipe as SCM_RIGHTS. The loader forks a child that writes frames
/// to it, and answers with `struct zygote_done` when the child has ended.
struct zygote_request {
    uint32_t cell;
    /// Empty to have the kernel examined.
    char object[128];
    /// Empty to stop at the load.
    char plan[128];
};

/// Loader to agent. The first one, with `wait_status` 0, says that the loader is warm.
struct zygote_done {
    int32_t wait_status;
};

#endif
