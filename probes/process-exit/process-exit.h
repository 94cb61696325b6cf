/* Which processes end. */
#pragma once

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct ended {
	__u32 pid;
	char comm[16];
};

static __always_inline void describe(struct ended *ended)
{
	ended->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(ended->comm, sizeof(ended->comm));
}

char LICENSE[] SEC("license") = "GPL";
