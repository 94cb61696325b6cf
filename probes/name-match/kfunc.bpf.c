/* Lets the kernel compare (7.0). */
#include "name-match.h"

extern int bpf_strncasecmp(const char *left, const char *right, __u64 length) __ksym;

const char wanted[] = WANTED;

SEC("raw_tracepoint/sched_process_exec")
int watch_exec(void *ctx)
{
	char comm[16] = {};

	bpf_get_current_comm(comm, sizeof(comm));
	if (bpf_strncasecmp(comm, wanted, WANTED_LENGTH) == 0)
		note();
	return 0;
}
