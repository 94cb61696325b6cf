/* How deep in the tree of processes a new program starts: who was started by whom, up to init. */
#pragma once

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define GENERATIONS 32

struct task_struct {
	int tgid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct {
	/*
	 * A hash although an array would do: since 6.14 the verifier keeps exact account of a key into an array, so that
	 * the loops of iterator and may-goto never look the same twice, and ends in "too complex" after seconds.
	 */
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} started_at_depth SEC(".maps");

static __always_inline void count(__u32 depth)
{
	__u64 first = 1, *times = bpf_map_lookup_elem(&started_at_depth, &depth);

	if (times)
		__sync_fetch_and_add(times, 1);
	else
		bpf_map_update_elem(&started_at_depth, &depth, &first, BPF_NOEXIST);
}

char LICENSE[] SEC("license") = "GPL";
