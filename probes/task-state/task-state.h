/* In which state a task leaves the CPU: the raw material of off-CPU analysis. */
#pragma once

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u64);
} left_in_state SEC(".maps");

static __always_inline void count(__u64 state)
{
	__u64 first = 1, *times = bpf_map_lookup_elem(&left_in_state, &state);

	if (times)
		__sync_fetch_and_add(times, 1);
	else
		bpf_map_update_elem(&left_in_state, &state, &first, BPF_NOEXIST);
}

char LICENSE[] SEC("license") = "GPL";
