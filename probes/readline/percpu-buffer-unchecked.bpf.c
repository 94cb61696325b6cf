/* The mistake that nearly every kernel refuses: an errno may go out as a size. */
#include "percpu.h"

SEC(READLINE)
int watch_readline(struct pt_regs *ctx)
{
	struct line *line = line_buffer();
	long n;

	if (!line)
		return 0;
	n = bpf_probe_read_user_str(line->text, sizeof(line->text), (const void *)PT_REGS_RC(ctx));
	bpf_perf_event_output(ctx, &lines, BPF_F_CURRENT_CPU, line, n);
	return 0;
}
