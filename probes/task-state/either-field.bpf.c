/* The fix: ask the kernel's BTF which name it has. What follows "___" is ours and ignored in the comparison. */
#include "task-state.h"

struct task_struct {
	unsigned int __state;
} __attribute__((preserve_access_index));

struct task_struct___before_5_14 {
	volatile long state;
} __attribute__((preserve_access_index));

SEC("raw_tracepoint/sched_switch")
int watch_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *previous = (void *)ctx->args[1];
	struct task_struct___before_5_14 *older = (void *)previous;

	if (bpf_core_field_exists(previous->__state))
		count(BPF_CORE_READ(previous, __state));
	else
		count(BPF_CORE_READ(older, state));
	return 0;
}
