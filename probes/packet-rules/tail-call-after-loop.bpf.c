/* The fix: search first, in a loop of known length, and leave from the program itself. */
#include "packet-rules.h"

SEC("xdp")
int filter_packet(struct xdp_md *ctx)
{
	__u32 bytes = ctx->data_end - ctx->data;

	for (__u32 i = 0; i < RULES; i++) {
		__u32 index = i;
		struct rule *rule = bpf_map_lookup_elem(&rules, &index);

		if (rule && bytes >= rule->least_bytes) {
			bpf_tail_call(ctx, &programs, rule->program);
			break;
		}
	}
	return XDP_PASS;
}
