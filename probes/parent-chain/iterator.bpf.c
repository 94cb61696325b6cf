/* The loop as an open-coded iterator (6.4): a body in place, no callback. */
#include "parent-chain.h"

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

SEC("raw_tracepoint/sched_process_exec")
int watch_exec(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 depth = 0;
	int i;

	bpf_for(i, 0, GENERATIONS) {
		if (BPF_CORE_READ(task, tgid) <= 1)
			break;
		task = BPF_CORE_READ(task, real_parent);
		depth++;
	}
	count(depth);
	return 0;
}
