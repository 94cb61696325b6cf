/*
 * Sends only the bytes that were typed. The length is checked, but -mcpu=v1 has no "less than": clang writes "0 > n",
 * from which an old verifier learns nothing about n. percpu-buffer-v3 is this same source.
 */
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
	bpf_perf_event_output(ctx, &lines, BPF_F_CURRENT_CPU, line, n);
	return 0;
}
