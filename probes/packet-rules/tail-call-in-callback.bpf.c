/* Leaves for the rule's program from inside the callback of bpf_loop(), through whose frame there is no way back. */
#include "packet-rules.h"

struct search {
	struct xdp_md *packet;
	__u32 bytes;
};

static long try_rule(__u32 index, void *context)
{
	struct search *search = context;
	struct rule *rule = bpf_map_lookup_elem(&rules, &index);

	if (rule && search->bytes >= rule->least_bytes)
		bpf_tail_call(search->packet, &programs, rule->program);
	return 0;
}

SEC("xdp")
int filter_packet(struct xdp_md *ctx)
{
	struct search search = { .packet = ctx, .bytes = ctx->data_end - ctx->data };

	bpf_loop(RULES, try_rule, &search, 0);
	return XDP_PASS;
}
