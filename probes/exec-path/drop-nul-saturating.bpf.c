/*
 * Sends the path without its NUL through a saturating subtraction, as Rust's saturating_sub() compiles to: if one less
 * is more, it wrapped around and 0 is meant. 6.12 and 6.18 conclude that the rest is not negative, 7.3 does not.
 */
#include "exec-path.h"

SEC("tracepoint/syscalls/sys_enter_execve")
int watch_execve(struct execve_enter *ctx)
{
	struct path *path = path_buffer();
	__u64 n, less;

	if (!path)
		return 0;
	n = bpf_probe_read_user_str(path->text, sizeof(path->text), ctx->filename);
	if (n > sizeof(path->text)) /* an errno too, as n is unsigned */
		return 0;
	barrier_var(n); /* else clang folds the checks into one that says more */
	less = n - 1;
	if (less > n)
		less = 0;
	bpf_perf_event_output(ctx, &paths, BPF_F_CURRENT_CPU, path, less);
	return 0;
}
