/* The fix: add without an answer, then look. Two CPUs may take the same sample; the count stays exact. */
#include "syscall-count.h"

SEC("raw_tracepoint/sys_enter")
int count_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 only = 0;
	__u64 *total = bpf_map_lookup_elem(&calls, &only), number;

	if (!total)
		return 0;
	__sync_fetch_and_add(total, 1);
	number = *(volatile __u64 *)total;
	if (number % 100 == 0)
		send(ctx, number);
	return 0;
}
