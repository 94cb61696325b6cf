/* What every variant of this probe shares: the event, the way out, the place. */
#pragma once

#include <linux/types.h>
#include <asm/ptrace.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define READLINE "uretprobe//bin/bash:readline"
#define LINE_BYTES 64 /* a power of two: percpu-buffer-masked relies on it */

struct line {
	char text[LINE_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} lines SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
