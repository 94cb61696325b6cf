/* The fix where the trampoline exists: one comparison. */
#include "boosted-task.h"

SEC("tp_btf/sched_pi_setprio")
int watch_boost(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0], *lender = (void *)ctx[1];
	__u32 boosted = task->pid, by;

	if (!lender)
		return 0;
	by = lender->pid;
	bpf_map_update_elem(&lender_of, &boosted, &by, BPF_ANY);
	return 0;
}
