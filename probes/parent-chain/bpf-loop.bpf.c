/* The loop as a helper (5.17): its body is verified once, however often it runs. */
#include "parent-chain.h"

struct climb {
	struct task_struct *task;
	__u32 depth;
};

static long one_up(__u32 index, void *context)
{
	struct climb *climb = context;
	struct task_struct *task = climb->task;

	if (BPF_CORE_READ(task, tgid) <= 1)
		return 1;
	climb->task = BPF_CORE_READ(task, real_parent);
	climb->depth++;
	return 0;
}

SEC("raw_tracepoint/sched_process_exec")
int watch_exec(void *ctx)
{
	struct climb climb = { .task = (void *)bpf_get_current_task() };

	bpf_loop(GENERATIONS, one_up, &climb, 0);
	count(climb.depth);
	return 0;
}
