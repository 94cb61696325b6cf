/// Isolation of cells: each has its own namespaces and cgroup, so its effects on the guest disappear with its processes.
#ifndef CMX_NAMESPACES_H
#define CMX_NAMESPACES_H

// All of them are about the calling thread, where it has left the others with `unshare(CLONE_FS)` or one of these functions.

/// Gives the cell its own bpffs, so that the next object does not find maps that this one pinned by name.
void isolate_bpffs(void);
/// Programs and qdiscs on interfaces: a network of its own, in which only `lo` is, and up.
void isolate_network(void);
/// Creates networks for future cells, in a process that stays and forks; one takes 2 to 6 ms under TCG. `isolate_network` uses them
/// up first. Does nothing once the guest has started: a loader started in the middle of a run creates them as needed.
void prepare_networks(void);
/// Exists while the guest starts.
#define BOOT_MARK "/run/compat-matrix/boot"
/// Forgets the network that a child of this process takes.
void give_network_away(void);
/// Programs on cgroups: a cgroup2 of its own that the calling process is in. Returns its path; NULL, with `errno` set,
/// where the kernel has no cgroup2. The agent removes it after the cell.
const char *isolate_cgroup(void);
/// Moves the calling process back to the root of cgroup2, for a process that outlives its cell.
void leave_cgroup(void);
/// Brings `lo` up in the network that the calling process is in.
void raise_loopback(void);

/// Where the caller is, for a process that is to join it: its network and mount namespaces and, where it has a cgroup of its own,
/// the file cgroup.procs of that. /dev/null stands for what this kernel or process does not have.
struct place {
    int network;
    int mounts;
    int cgroup;
};
struct place open_place(void);
void close_place(const struct place *place);
/// Joins all of them with the calling process. Returns whether that succeeded.
int join_place(const struct place *place);

/// Where cgroup2 is mounted, and how the names of cells' cgroups begin.
#define CGROUP_ROOT "/sys/fs/cgroup"
#define CELL_CGROUP_PREFIX "compat-matrix-"

#endif
