/// The agent: PID 1 of a guest. It takes a job from the mailbox, starts a loader for each cell and passes its frames on.
/// It judges nothing.
#ifndef CMX_AGENT_H
#define CMX_AGENT_H

#include <stdint.h>
#include <sys/types.h>

#include "guest_protocol.h"

/// Prints to the console and halts. If PID 1 exited, the kernel would panic, and the host would report a crash.
__attribute__((noreturn, format(printf, 1, 2))) void give_up(const char *format, ...);

/// Mounts the file systems that loaders use, except those that the kernel lacks (tracefs before 4.1, cgroup2, bpffs).
void mount_filesystems(void);

/// Maps the mailbox's BAR through sysfs and opens it. Needs no driver, so it works on unmodified kernels since 3.10.
void *map_mailbox(void);

/// Sends whole frames to the host; waits while the ring is full.
void send_frame(void *mailbox, uint32_t type, const void *head, uint32_t head_bytes, const void *tail,
                uint32_t tail_bytes);
/// Waits for the next frame from the host. `payload` has room for CMX_MAX_PAYLOAD bytes.
struct cmx_frame receive_frame(void *mailbox, void *payload);

/// Inserts the module in the file at `path`, deletes the file and reports the result to the host.
void insert_module(void *mailbox, const char *path);

/// Opens the kernel log, starting at this point. Returns its descriptor, or a negative number if there is none.
int watch_kernel_log(void);
/// Sends the messages at level warning and above since `log` was opened, as a log of `cell`, and closes `log`.
void send_kernel_log(void *mailbox, int log, uint32_t cell);

/// The pid of the newest process; processes of a cell have higher pids.
pid_t last_process(void);
/// Removes what a cell left behind, in particular if its loader died: processes created after `last`, except those of
/// residents and `shells`; cgroups; tracefs events.
struct waiting_shells;
void remove_leftovers(pid_t last, pid_t service, const struct waiting_shells *shells);

#endif
