/* The fix where a trampoline is wanted: the beginning of do_exit(), which every process reaches once. */
#include "perf-buffer.h"

SEC("fentry/do_exit")
int watch_exit(void *ctx)
{
	struct ended ended = {};

	describe(&ended);
	bpf_perf_event_output(ctx, &exits, BPF_F_CURRENT_CPU, &ended, sizeof(ended));
	return 0;
}
