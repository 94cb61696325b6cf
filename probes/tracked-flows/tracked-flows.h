/* How many connections netfilter begins to track; its connection tracking is the module nf_conntrack. */
#pragma once

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} flows SEC(".maps");

static __always_inline void count_flow(void)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&flows, &key);

	if (count)
		*count += 1;
}

char LICENSE[] SEC("license") = "GPL";
