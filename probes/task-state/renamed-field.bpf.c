/* The field by the name it has since 5.14, where it also shrank to 32 bits. */
#include "task-state.h"

struct task_struct {
	unsigned int __state;
} __attribute__((preserve_access_index));

SEC("raw_tracepoint/sched_switch")
int watch_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *previous = (void *)ctx->args[1];

	count(BPF_CORE_READ(previous, __state));
	return 0;
}
