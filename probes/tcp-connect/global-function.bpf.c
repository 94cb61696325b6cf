/*
 * is_wanted() can be seen from outside, so a kernel since 5.6 verifies it alone, by its types; a pointer to a struct
 * is a type it takes since 5.12. Before 5.6 there was no such thing and the function is verified at its call.
 */
#include "tcp-connect.h"

__noinline int is_wanted(const struct peer *peer)
{
	return peer && peer->family == AF_INET && peer->port != 0;
}

SEC("kprobe/tcp_connect")
int watch_connect(struct pt_regs *ctx)
{
	struct peer peer = {};

	read_peer(&peer, (void *)PT_REGS_PARM1(ctx));
	if (is_wanted(&peer))
		bpf_perf_event_output(ctx, &peers, BPF_F_CURRENT_CPU, &peer, sizeof(peer));
	return 0;
}
