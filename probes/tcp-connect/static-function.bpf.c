/* The fix: "static", and the function is verified with what its caller really passes. */
#include "tcp-connect.h"

static __noinline int is_wanted(const struct peer *peer)
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
