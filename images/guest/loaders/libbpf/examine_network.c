/// Ways to attach to networking, each tried with a program that does nothing.
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "examine.h"

/// Newer than the headers of Debian 12.
#define PROGRAM_TYPE_NETFILTER 32
#define ATTACH_NETFILTER 45
#define ATTACH_TCX_INGRESS 46
#define ATTACH_NETKIT_PRIMARY 54

/// The index of `lo`, which every network namespace has.
#define LOOPBACK 1

/// Opens the root of cgroup2. This process has its own mount namespace.
static int open_cgroup(void)
{
    static const char place[] = "/tmp/examined-cgroup";
    static int cgroup = -1;
    if (cgroup < 0 && (mkdir(place, 0755) == 0 || errno == EEXIST) && mount("cgroup2", place, "cgroup2", 0, NULL) == 0)
        cgroup = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return cgroup;
}

static int has_cgroup(void)
{
    int cgroup = open_cgroup(), program = load_nothing(BPF_PROG_TYPE_CGROUP_SKB, 0, NULL);
    int there = cgroup >= 0 && program >= 0 && bpf_prog_attach(program, cgroup, BPF_CGROUP_INET_EGRESS, 0) == 0;
    if (there)
        bpf_prog_detach2(program, cgroup, BPF_CGROUP_INET_EGRESS);
    answer(program);
    return there;
}

static int has_cgroup_link(void)
{
    int cgroup = open_cgroup();
    return cgroup >= 0 &&
           takes_link(load_nothing(BPF_PROG_TYPE_CGROUP_SKB, 0, NULL), cgroup, BPF_CGROUP_INET_EGRESS, NULL, 0);
}

/// Generic XDP, for drivers without their own (4.12).
static int has_xdp(void)
{
    int program = load_nothing(BPF_PROG_TYPE_XDP, 0, NULL);
    int there = program >= 0 && bpf_xdp_attach(LOOPBACK, program, XDP_FLAGS_SKB_MODE, NULL) == 0;
    if (there)
        bpf_xdp_detach(LOOPBACK, XDP_FLAGS_SKB_MODE, NULL);
    answer(program);
    return there;
}

static int has_xdp_link(void)
{
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_SKB_MODE);
    return takes_link(load_nothing(BPF_PROG_TYPE_XDP, BPF_XDP, NULL), LOOPBACK, BPF_XDP, &options, 0);
}

/// Needs sch_ingress and cls_bpf, which most kernels have as modules: unknown without them.
static int has_tc(void)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = LOOPBACK, .attach_point = BPF_TC_INGRESS);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = load_nothing(BPF_PROG_TYPE_SCHED_CLS, 0, NULL));
    if (options.prog_fd < 0)
        return 0;
    int error = bpf_tc_hook_create(&hook);
    if (error == 0) {
        error = bpf_tc_attach(&hook, &options);
        hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
        bpf_tc_hook_destroy(&hook);
    }
    close(options.prog_fd);
    return error == 0 ? 1 : error == -ENOENT ? error : 0;
}

static int has_tcx(void)
{
    return takes_link(load_nothing(BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_INGRESS, NULL), LOOPBACK, ATTACH_TCX_INGRESS,
                      NULL, 0);
}

/// `lo` is not a netkit device: ENXIO.
static int has_netkit(void)
{
    return takes_link(load_nothing(BPF_PROG_TYPE_SCHED_CLS, ATTACH_NETKIT_PRIMARY, NULL), LOOPBACK,
                      ATTACH_NETKIT_PRIMARY, NULL, -ENXIO);
}

static int has_netfilter(void)
{
    LIBBPF_OPTS(bpf_link_create_opts, options, .netfilter.pf = AF_INET, .netfilter.priority = -128);
    return takes_link(load_nothing(PROGRAM_TYPE_NETFILTER, ATTACH_NETFILTER, NULL), 0, ATTACH_NETFILTER, &options, 0);
}

static int has_netns_link(void)
{
    int space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int there = takes_link(load_nothing(BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, NULL), space, BPF_SK_LOOKUP, NULL, 0);
    answer(space);
    return there;
}

static int has_sockmap(void)
{
    int map = bpf_map_create(BPF_MAP_TYPE_SOCKMAP, NULL, 4, 4, 1, NULL);
    int program = load_nothing(BPF_PROG_TYPE_SK_SKB, 0, NULL);
    int there = map >= 0 && program >= 0 && bpf_prog_attach(program, map, BPF_SK_SKB_STREAM_VERDICT, 0) == 0;
    answer(program);
    answer(map);
    return there;
}

static int has_socket_filter(void)
{
    int sockets[2], program = load_nothing(BPF_PROG_TYPE_SOCKET_FILTER, 0, NULL);
    if (program < 0 || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return 0;
    int there = setsockopt(sockets[0], SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)) == 0;
    close(sockets[0]);
    close(sockets[1]);
    close(program);
    return there;
}

static const struct question ways[] = {
    {"cgroup", has_cgroup},
    {"cgroup_link", has_cgroup_link},
    {"xdp", has_xdp},
    {"xdp_link", has_xdp_link},
    {"tc", has_tc},
    {"tcx", has_tcx},
    {"netkit", has_netkit},
    {"netfilter", has_netfilter},
    {"netns_link", has_netns_link},
    {"sockmap", has_sockmap},
    {"socket_filter", has_socket_filter},
};

void examine_network(uint32_t cell)
{
    report_answers(cell, ways, COUNT(ways));
}
