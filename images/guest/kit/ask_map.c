#include "ask_map.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Types newer than the headers of Debian 12. Source: include/uapi/linux/bpf.h of Linux 6.9.
enum { TYPE_CGRP_STORAGE = 32, TYPE_ARENA = 33 };

static int create_map(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags, int inner)
{
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = type;
    attributes.key_size = key;
    attributes.value_size = value;
    attributes.max_entries = entries;
    attributes.map_flags = flags;
    attributes.inner_map_fd = inner < 0 ? 0 : inner;
    return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, offsetof(union bpf_attr, numa_node));
}

/// Uses the sizes of libbpf's probes. Source: libbpf 1.7, `probe_map_create`.
static int create_usual_map(uint32_t type)
{
    int inner, map;
    switch (type) {
    case BPF_MAP_TYPE_STACK_TRACE:
        return create_map(type, 4, 8, 1, 0, -1);
    case BPF_MAP_TYPE_LPM_TRIE:
        return create_map(type, 8, 8, 1, BPF_F_NO_PREALLOC, -1);
    case BPF_MAP_TYPE_CGROUP_STORAGE:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
        return create_map(type, sizeof(struct bpf_cgroup_storage_key), 8, 0, 0, -1);
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_BLOOM_FILTER:
        return create_map(type, 0, 4, 1, 0, -1);
    case BPF_MAP_TYPE_RINGBUF:
    case BPF_MAP_TYPE_USER_RINGBUF:
        return create_map(type, 0, 0, getpagesize(), 0, -1);
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS:
        inner = create_map(BPF_MAP_TYPE_HASH, 4, 4, 1, 0, -1);
        map = create_map(type, 4, 4, 1, 0, inner);
        close(inner);
        return map;
    default:
        return create_map(type, 4, 4, 1, 0, -1);
    }
}

int has_map_type(uint32_t type)
{
    switch (type) {
    // These need key and value types from BTF.
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_STRUCT_OPS:
    case TYPE_CGRP_STORAGE:
    case TYPE_ARENA:
        return -1;
    }
    int map = create_usual_map(type);
    if (map >= 0)
        close(map);
    // Any other error concerns memory or permissions.
    return map >= 0 ? 1 : errno == EINVAL || errno == E2BIG ? 0 : -1;
}
