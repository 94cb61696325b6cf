/* The fix: a mask right before the call bounds the size from both sides, on any verifier. */
#include "percpu.h"

SEC(READLINE)
int watch_readline(struct pt_regs *ctx)
{
	struct line *line = line_buffer();
	long n;

	if (!line)
		return 0;
	n = bpf_probe_read_user_str(line->text, sizeof(line->text), (const void *)PT_REGS_RC(ctx));
	if (n < 0)
		return 0;
	n &= sizeof(line->text) - 1;
	bpf_perf_event_output(ctx, &lines, BPF_F_CURRENT_CPU, line, n);
	return 0;
}
