/* When the first packet of a connection got through every rule. */
#include "tracked-flows.h"

SEC("kprobe/__nf_conntrack_confirm")
int watch_flow(void *ctx)
{
	count_flow();
	return 0;
}
