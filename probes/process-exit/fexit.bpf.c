/*
 * At the end of do_exit(), which has none: the trampoline waits for a return that never comes and leaks with every
 * process. Old kernels let it happen; newer ones refuse at load.
 */
#include "perf-buffer.h"

SEC("fexit/do_exit")
int watch_exit(void *ctx)
{
	struct ended ended = {};

	describe(&ended);
	bpf_perf_event_output(ctx, &exits, BPF_F_CURRENT_CPU, &ended, sizeof(ended));
	return 0;
}
