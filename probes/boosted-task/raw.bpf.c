/* The fix for older kernels too: an untyped tracepoint and reads that may fail. */
#include "boosted-task.h"

SEC("raw_tracepoint/sched_pi_setprio")
int watch_boost(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0], *lender = (void *)ctx->args[1];
	__u32 boosted = BPF_CORE_READ(task, pid), by;

	if (!lender)
		return 0;
	by = BPF_CORE_READ(lender, pid);
	bpf_map_update_elem(&lender_of, &boosted, &by, BPF_ANY);
	return 0;
}
