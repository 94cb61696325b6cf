/// Starts a process that cannot outlive this one.
#ifndef CMX_SPAWN_H
#define CMX_SPAWN_H

#include <sys/types.h>

/// Starts `path` in a session of its own, with `descriptors[i]` of this process as descriptor `i` of the new one and
/// every other one closed; -1 stands for /dev/null. The process is killed with SIGKILL when this process ends, even if
/// it ends by SIGKILL itself.
///
/// Returns 0 and sets `*child`, or the errno of what failed (of execve() too).
int cmx_spawn(const char *path, char *const arguments[], const int *descriptors, int descriptor_count, pid_t *child);

/// A file in memory without a name, closed on execve(); -1 and errno when there can be none. (memfd_create(2) is not in
/// Swift's Glibc module.)
int cmx_memory_file(const char *name);

/// Hands `memory` to the ivshmem-doorbell device whose character device is at the other end of `socket`, a stream socket.
/// Source: QEMU's `docs/specs/ivshmem-spec.rst`, "Client-Server protocol".
///
/// Returns 0, or the errno of what failed.
int cmx_send_shared_memory(int socket, int memory);

#endif
