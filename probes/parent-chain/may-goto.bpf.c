/* The loop without a count (6.9): may_goto ends it when the kernel has had enough. */
#include "parent-chain.h"

SEC("raw_tracepoint/sched_process_exec")
int watch_exec(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 depth = 0;

	for (;;) {
		asm volatile goto("may_goto %l[enough]" : : : : enough);
		if (BPF_CORE_READ(task, tgid) <= 1)
			break;
		task = BPF_CORE_READ(task, real_parent);
		depth++;
	}
enough:
	count(depth);
	return 0;
}
