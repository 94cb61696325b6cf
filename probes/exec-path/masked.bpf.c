/* The fix for both: whatever the length went through, it is masked right before the call. */
#include "exec-path.h"

SEC("tracepoint/syscalls/sys_enter_execve")
int watch_execve(struct execve_enter *ctx)
{
	struct path *path = path_buffer();
	long n;

	if (!path)
		return 0;
	n = bpf_probe_read_user_str(path->text, sizeof(path->text), ctx->filename);
	if (n <= 0)
		return 0;
	n = (n - 1) & (sizeof(path->text) - 1);
	bpf_perf_event_output(ctx, &paths, BPF_F_CURRENT_CPU, path, n);
	return 0;
}
