/// Starts a process that cannot outlive this one.
#ifndef CMX_SPAWN_H
#define CMX_SPAWN_H

#include <sys/types.h>

/// What a process may still do that runs a machine of strangers.
struct cmx_confinement {
    /// The only folder below which it may create and write files; NULL for none.
    const char *folder;
};

/// The version of Landlock that this kernel has; 0 for none, or where it was switched off.
int cmx_landlock_version(void);

/// Starts `path` in a new session, with `descriptors[i]` of this process as descriptor `i` of the new one and all
/// others closed; -1 stands for /dev/null. The process is killed with SIGKILL when this process ends, even if this
/// process was itself ended by SIGKILL.
///
/// With a `confinement`, the process leaves no core dump. As far as this kernel's Landlock supports it, the process
/// cannot change files except devices and files in the folder, open TCP connections, or signal other processes.
///
/// Returns 0 and sets `*child`, or returns the errno of what failed (including execve()).
int cmx_spawn(const char *path, char *const arguments[], const int *descriptors, int descriptor_count,
              const struct cmx_confinement *confinement, pid_t *child);

/// A file in memory without a name, closed on execve(); -1 and errno when there can be none. (memfd_create(2) is not in
/// Swift's Glibc module.)
int cmx_memory_file(const char *name);

/// Hands `memory` to the ivshmem-doorbell device whose character device is at the other end of `socket`, a stream socket.
/// Source: QEMU's `docs/specs/ivshmem-spec.rst`, "Client-Server protocol".
///
/// Returns 0, or the errno of what failed.
int cmx_send_shared_memory(int socket, int memory);

#endif
