/* The fix for all: no loop is left after compilation, at the price of its size. */
#include "parent-chain.h"

SEC("raw_tracepoint/sched_process_exec")
int watch_exec(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 depth = 0;

#pragma clang loop unroll(full)
	for (int i = 0; i < GENERATIONS; i++) {
		if (BPF_CORE_READ(task, tgid) <= 1)
			break;
		task = BPF_CORE_READ(task, real_parent);
		depth++;
	}
	count(depth);
	return 0;
}
