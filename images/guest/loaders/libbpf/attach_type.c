/// libbpf 1.3.0 to 1.3.3 and 1.4.0 to 1.4.6 (that of Debian 12's backports) find out that a kernel has no
/// `expected_attach_type` and send it all the same, so that XDP programs and some others are refused before 4.17. Users of
/// any other version see them load. Source: libbpf commit ad633fb14299, "Fix expected_attach_type set handling in program
/// load callback". docs/decisions/006-what-a-current-libbpf-does.md has more.
#include <string.h>

#include "loader.h"

/// Sections that libbpf's table marks SEC_ATTACHABLE_OPT; libbpf.c of 1.4 to 1.7.
static const char *const optional_sections[] = {
    "xdp",        "sockops",        "sk_skb/stream_parser", "sk_skb/stream_verdict", "sk_skb/verdict", "sk_msg",
    "lirc_mode2", "flow_dissector", "cgroup_skb/ingress",   "cgroup_skb/egress",     "cgroup/sock",    "cgroup/dev",
};

/// As libbpf asks.
static int kernel_has_attach_types(void)
{
    return takes_trivial(&(struct asked_program){
        .type = BPF_PROG_TYPE_CGROUP_SOCK, .attach_type = BPF_CGROUP_INET_SOCK_CREATE, .instructions = 2});
}

void drop_optional_attach_type(struct bpf_program *program)
{
    const char *section = bpf_program__section_name(program);
    for (size_t i = 0; i < sizeof(optional_sections) / sizeof(optional_sections[0]); i++)
        if (strcmp(section, optional_sections[i]) == 0 && !kernel_has_attach_types())
            bpf_program__set_expected_attach_type(program, 0);
}
