/* The paths that programs are started from, as execve(2) is given them. */
#pragma once

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PATH_BYTES 128 /* a power of two: masked relies on it */

/* The tracepoint's record, as /sys/kernel/tracing/events/syscalls/sys_enter_execve/format has it. */
struct execve_enter {
	__u64 common;
	__s64 number;
	const char *filename;
	const char *const *argv;
	const char *const *envp;
};

struct path {
	char text[PATH_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} paths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path);
} buffers SEC(".maps");

static __always_inline struct path *path_buffer(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&buffers, &only);
}

char LICENSE[] SEC("license") = "GPL";
