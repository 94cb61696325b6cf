/* The fix: a tracepoint and a perf buffer are old enough for all. */
#include "perf-buffer.h"

SEC("tracepoint/sched/sched_process_exit")
int watch_exit(void *ctx)
{
	struct ended ended = {};

	describe(&ended);
	bpf_perf_event_output(ctx, &exits, BPF_F_CURRENT_CPU, &ended, sizeof(ended));
	return 0;
}
