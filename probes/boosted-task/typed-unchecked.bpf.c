/* Follows the lender without looking. Harmless on old kernels (a faulting load reads 0), refused by newer ones. */
#include "boosted-task.h"

SEC("tp_btf/sched_pi_setprio")
int watch_boost(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0], *lender = (void *)ctx[1];
	__u32 boosted = task->pid, by = lender->pid;

	bpf_map_update_elem(&lender_of, &boosted, &by, BPF_ANY);
	return 0;
}
