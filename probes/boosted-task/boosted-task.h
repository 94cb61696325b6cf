/*
 * Who lends its priority to whom when a real-time mutex is contended. The tracepoint's second task is the lender, and
 * NULL when the priority goes back.
 */
#pragma once

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} lender_of SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
