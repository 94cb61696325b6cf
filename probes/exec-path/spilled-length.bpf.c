/*
 * The checked length waits on the stack while the process id is fetched. Compilers do this unasked when registers are
 * short; "volatile" makes it certain here. A verifier remembers the range of what it spills since 5.10.
 */
#include "exec-path.h"

SEC("tracepoint/syscalls/sys_enter_execve")
int watch_execve(struct execve_enter *ctx)
{
	struct path *path = path_buffer();
	volatile long kept;
	long n;

	if (!path)
		return 0;
	n = bpf_probe_read_user_str(path->text, sizeof(path->text), ctx->filename);
	if (n < 0 || n > sizeof(path->text))
		return 0;
	kept = n;
	if (bpf_get_current_pid_tgid() >> 32 == 1)
		return 0;
	bpf_perf_event_output(ctx, &paths, BPF_F_CURRENT_CPU, path, kept);
	return 0;
}
