/// Programs on interfaces, sockets and networks, all in the cell's own network, which disappears with the cell.
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "library.h"
#include "messages.h"
#include "stages.h"

/// The interface before the slash; `lo` by default. Returns 0 if there is none, with the reason among the messages.
static int interface_index(const char *target)
{
    char name[IF_NAMESIZE] = "lo";
    if (target != NULL) {
        size_t length = strcspn(target, "/");
        if (length >= sizeof(name))
            length = sizeof(name) - 1;
        memcpy(name, target, length);
        name[length] = '\0';
    }
    int index = if_nametoindex(name);
    if (index == 0)
        keep_finding(FINDING(INTERFACE_MISSING, name));
    return index;
}

/// Whether the kernel lacks this kind of link, or links altogether.
static int lacks_link(int error)
{
    return error == -EINVAL || error == -EOPNOTSUPP;
}

int attach_xdp(struct bpf_program *program, const char *target)
{
    int interface = interface_index(target);
    if (interface == 0)
        return ATTACH_UNMEASURABLE;
    struct message_mark mark = mark_messages();
    int error = keep_link(bpf_program__attach_xdp(program, interface));
    if (!lacks_link(error))
        return error;
    // Links on interfaces came with 5.9. Without flags, the kernel uses generic XDP if the driver has none.
    forget_messages(mark);
    return bpf_xdp_attach(interface, bpf_program__fd(program), 0, NULL);
}

static int attach_classifier(struct bpf_program *program, int interface, int is_egress)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = interface, .attach_point = is_egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = bpf_program__fd(program));
    int error = bpf_tc_hook_create(&hook);
    // The second program finds the first one's qdisc.
    if (error == 0 || error == -EEXIST)
        error = bpf_tc_attach(&hook, &options);
    if (error != -ENOENT)
        return error;
    keep_finding(FINDING(CLASSIFIER_MISSING));
    return ATTACH_UNMEASURABLE;
}

int attach_tc(struct bpf_program *program, const char *target)
{
    int interface = interface_index(target);
    if (interface == 0)
        return ATTACH_UNMEASURABLE;
    if (is_in_section(program, "tcx"))
        return keep_link(bpf_program__attach_tcx(program, interface, NULL));
    const char *direction = target != NULL ? target : bpf_program__section_name(program);
    return attach_classifier(program, interface, strstr(direction, "egress") != NULL);
}

/// Attaches to a socket that stays open as long as the process. Returns 0 or a negative errno.
static int attach_to_socket(const struct bpf_program *program, int family, int protocol)
{
    int socket_ = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (socket_ < 0)
        return -errno;
    int descriptor = bpf_program__fd(program);
    return setsockopt(socket_, SOL_SOCKET, SO_ATTACH_BPF, &descriptor, sizeof(descriptor)) == 0 ? 0 : -errno;
}

/// Packet sockets see everything, but need a module on many kernels.
/// Raw sockets always exist; they see a packet from its IP header on, and only packets of their protocol.
int attach_to_sockets(struct bpf_program *program)
{
    int error = attach_to_socket(program, AF_PACKET, htons(ETH_P_ALL));
    if (error != -EAFNOSUPPORT)
        return error;
    keep_finding(FINDING(PACKET_SOCKETS_MISSING));
    static const int protocols[] = {IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP};
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        error = attach_to_socket(program, AF_INET, protocols[i]);
        if (error)
            return error;
    }
    return 0;
}

int attach_to_network(struct bpf_program *program)
{
    int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (network < 0)
        return -errno;
    struct message_mark mark = mark_messages();
    int error = keep_link(bpf_program__attach_netns(program, network));
    close(network);
    if (!lacks_link(error) || bpf_program__type(program) != BPF_PROG_TYPE_FLOW_DISSECTOR)
        return error;
    // Links came with 5.8, flow dissectors with 4.20.
    forget_messages(mark);
    return bpf_prog_attach(bpf_program__fd(program), 0, BPF_FLOW_DISSECTOR, 0);
}
