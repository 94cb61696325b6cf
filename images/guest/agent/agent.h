/// The agent: PID 1 of a guest. It takes a job from the mailbox, starts a loader for each cell and passes its frames on.
/// It judges nothing.
#ifndef CMX_AGENT_H
#define CMX_AGENT_H

#include <stdint.h>
#include <sys/types.h>

#include "guest_protocol.h"

/// Prints to the console and halts: without PID 1 the kernel panics, which the host would take for a crash.
__attribute__((noreturn, format(printf, 1, 2))) void give_up(const char *format, ...);

/// Mounts what loaders look for. What a kernel does not have (tracefs before 4.1, cgroup2, bpffs) is left out.
void mount_filesystems(void);

/// Maps the mailbox's BAR through sysfs and opens it. It needs no driver, so it works on unmodified kernels from 3.10 up.
void *map_mailbox(void);

/// Whole frames to the host; waits while the ring is full.
void send_frame(void *mailbox, uint32_t type, const void *head, uint32_t head_bytes, const void *tail,
                uint32_t tail_bytes);
/// The next frame from the host; waits for it. `payload` holds CMX_MAX_PAYLOAD bytes.
struct cmx_frame receive_frame(void *mailbox, void *payload);

/// Inserts the module in the file at `path`, deletes the file and tells the host how it went.
void insert_module(void *mailbox, const char *path);

/// From now on; the log's descriptor, or negative where there is none.
int watch_kernel_log(void);
/// Sends the warnings and worse that the kernel wrote since `log` was opened, as a log of `cell`, and closes it.
void send_kernel_log(void *mailbox, int log, uint32_t cell);

/// The last process that this kernel made; what a cell makes has a higher number.
pid_t last_process(void);
/// Removes what a cell may leave behind, above all when its loader died: processes made since `last`, but not those of
/// residents and `shells`; cgroups; events of tracefs.
struct waiting_shells;
void remove_leftovers(pid_t last, pid_t service, const struct waiting_shells *shells);

#endif
