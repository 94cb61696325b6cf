/// What a cell does to a guest goes with its processes: it happens in namespaces and a cgroup of the cell's own.
#ifndef CMX_ISOLATION_H
#define CMX_ISOLATION_H

/// Maps that an object pins by name must not be found by the next object: a bpffs of its own.
void isolate_bpffs(void);
/// Programs and qdiscs on interfaces: a network of its own, in which only `lo` is, and up.
void isolate_network(void);
/// Programs on cgroups: a cgroup2 of its own that the calling process is in. Returns its path; NULL, with `errno` set,
/// where the kernel has no cgroup2. The agent removes it after the cell.
const char *isolate_cgroup(void);
/// Brings `lo` up in the network that the calling process is in.
void raise_loopback(void);

/// Where cgroup2 is mounted, and how the names of cells' cgroups begin.
#define CGROUP_ROOT "/sys/fs/cgroup"
#define CELL_CGROUP_PREFIX "compat-matrix-"

#endif
