/// Isolation of cells: each has its own namespaces and cgroup, so its effects on the guest disappear with its processes.
#ifndef CMX_NAMESPACES_H
#define CMX_NAMESPACES_H

/// All of them affect only the calling thread, once it has called `unshare(CLONE_FS)` or one of these functions.

/// Gives the cell its own bpffs, so that the next object does not find maps that this one pinned by name.
void isolate_bpffs(void);
/// Gives the cell its own network, with only `lo`, which is up: for programs and qdiscs on interfaces.
void isolate_network(void);
/// Creates networks for future cells, which `isolate_network` uses up first; creating one takes 2 to 6 ms under TCG.
/// For a resident process that forks. Does nothing once the guest has started: a loader started in mid-run creates
/// networks as needed.
void prepare_networks(void);
/// Exists while the guest starts.
#define BOOT_MARK "/run/compat-matrix/boot"
/// Drops the prepared network that a child of this process uses.
void give_network_away(void);
/// Gives the cell its own cgroup2, for programs on cgroups, and moves the calling process there.
/// Returns its path; NULL, with `errno` set, if the kernel has no cgroup2. The agent removes it after the cell.
const char *isolate_cgroup(void);
/// Moves the calling process back to the root of cgroup2, for a process that outlives its cell.
void leave_cgroup(void);
/// Brings `lo` up in the network that the calling process is in.
void raise_loopback(void);

/// The caller's environment, for a process that joins it: network and mount namespaces, and cgroup.procs of its cgroup.
/// /dev/null replaces anything that this kernel or process lacks.
struct place {
    int network;
    int mounts;
    int cgroup;
};
struct place open_place(void);
void close_place(const struct place *place);
/// Moves the calling process into all of them. Returns whether that succeeded.
int join_place(const struct place *place);

/// Where cgroup2 is mounted, and the prefix of the cells' cgroups.
#define CGROUP_ROOT "/sys/fs/cgroup"
#define CELL_CGROUP_PREFIX "compat-matrix-"

#endif
