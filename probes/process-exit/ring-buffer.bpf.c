/* One buffer for all CPUs, in the order of the events; such maps exist since 5.8. */
#include "process-exit.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} exits SEC(".maps");

SEC("tracepoint/sched/sched_process_exit")
int watch_exit(void *ctx)
{
	struct ended *ended = bpf_ringbuf_reserve(&exits, sizeof(*ended), 0);

	if (!ended)
		return 0;
	describe(ended);
	bpf_ringbuf_submit(ended, 0);
	return 0;
}
