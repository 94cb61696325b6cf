/* The field by the name it had until 5.13. */
#include "task-state.h"

struct task_struct {
	volatile long state;
} __attribute__((preserve_access_index));

SEC("raw_tracepoint/sched_switch")
int watch_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *previous = (void *)ctx->args[1];

	count(BPF_CORE_READ(previous, state));
	return 0;
}
