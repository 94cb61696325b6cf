/* No NULL check: element 0 of an array of one is always there, which a verifier knows since 6.14. */
#include "syscall-count.h"

SEC("raw_tracepoint/sys_enter")
int count_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 only = 0;
	__u64 *total = bpf_map_lookup_elem(&calls, &only), number;

	__sync_fetch_and_add(total, 1);
	number = *(volatile __u64 *)total;
	if (number % 100 == 0)
		send(ctx, number);
	return 0;
}
