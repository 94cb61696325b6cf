/* 16 bytes on the stack and a constant size: there is nothing a verifier has to prove. */
#include "readline.h"

SEC(READLINE)
int watch_readline(struct pt_regs *ctx)
{
	char text[16] = {};

	if (!PT_REGS_RC(ctx))
		return 0;
	bpf_probe_read_user(text, sizeof(text), (const void *)PT_REGS_RC(ctx));
	bpf_perf_event_output(ctx, &lines, BPF_F_CURRENT_CPU, text, sizeof(text));
	return 0;
}
