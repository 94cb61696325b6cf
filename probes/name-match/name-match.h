/* Programs whose name matches a pattern, in upper or lower case: here every "bash". */
#pragma once

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define WANTED "bash"
#define WANTED_LENGTH (sizeof(WANTED) - 1)

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, __u64);
} seen_at SEC(".maps");

static __always_inline void note(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&seen_at, &pid, &now, BPF_ANY);
}

char LICENSE[] SEC("license") = "GPL";
