/* An atomic add that returns the old value, so that every hundredth call is caught exactly: an instruction of 5.12. */
#include "syscall-count.h"

SEC("raw_tracepoint/sys_enter")
int count_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 only = 0;
	__u64 *total = bpf_map_lookup_elem(&calls, &only), number;

	if (!total)
		return 0;
	number = __sync_fetch_and_add(total, 1);
	if (number % 100 == 0)
		send(ctx, number);
	return 0;
}
