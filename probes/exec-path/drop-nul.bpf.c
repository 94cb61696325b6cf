/*
 * Sends the path without its NUL: the length is at least 0, and one less when it is not 0. That no longer can be
 * negative follows from "!= 0", which a verifier learns from since 6.8 only.
 */
#include "exec-path.h"

SEC("tracepoint/syscalls/sys_enter_execve")
int watch_execve(struct execve_enter *ctx)
{
	struct path *path = path_buffer();
	long n;

	if (!path)
		return 0;
	n = bpf_probe_read_user_str(path->text, sizeof(path->text), ctx->filename);
	if (n < 0 || n > sizeof(path->text))
		return 0;
	barrier_var(n); /* else clang folds the checks into one that says more */
	if (n != 0) {
		barrier_var(n); /* else clang makes a saturating subtraction of it, see drop-nul-saturating */
		n -= 1;
	}
	bpf_perf_event_output(ctx, &paths, BPF_F_CURRENT_CPU, path, n);
	return 0;
}
