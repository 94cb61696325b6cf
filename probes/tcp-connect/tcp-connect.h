/* Whom this machine connects to: address and port of every outgoing TCP connection over IPv4. */
#pragma once

#include <linux/types.h>
#include <linux/bpf.h>
#include <asm/ptrace.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct sock_common {
	__u32 skc_daddr;
	__u16 skc_dport;
	unsigned short skc_family;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
} __attribute__((preserve_access_index));

#define AF_INET 2

struct peer {
	__u32 address; /* in network order */
	__u16 port;
	__u16 family;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} peers SEC(".maps");

static __always_inline void read_peer(struct peer *peer, struct sock *sk)
{
	peer->address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	peer->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	peer->family = BPF_CORE_READ(sk, __sk_common.skc_family);
}

char LICENSE[] SEC("license") = "GPL";
