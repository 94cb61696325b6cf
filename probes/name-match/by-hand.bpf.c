/* The fix: compare byte by byte. */
#include "name-match.h"

SEC("raw_tracepoint/sched_process_exec")
int watch_exec(void *ctx)
{
	static const char wanted[] = WANTED;
	char comm[16] = {};

	bpf_get_current_comm(comm, sizeof(comm));
#pragma clang loop unroll(full)
	for (int i = 0; i < WANTED_LENGTH; i++)
		if ((comm[i] | 0x20) != wanted[i])
			return 0;
	note();
	return 0;
}
