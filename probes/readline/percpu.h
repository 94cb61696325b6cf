/* A buffer too large for comfort on the stack: one line per CPU, in a map. */
#pragma once

#include "readline.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct line);
} buffers SEC(".maps");

static __always_inline struct line *line_buffer(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&buffers, &only);
}
