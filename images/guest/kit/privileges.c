#include "privileges.h"

#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "frames.h"

static int kernel_has(uint32_t capability)
{
    return prctl(PR_CAPBSET_READ, capability) >= 0;
}

void report_absent_capabilities(uint32_t cell, const struct plan *plan)
{
    for (size_t i = 0; i < plan->capability_count; i++)
        if (!kernel_has(plan->capabilities[i].number))
            report_finding(cell, CMX_WHOLE_OBJECT, FINDING(CAPABILITY_ABSENT, plan->capabilities[i].name));
}

static uint64_t granted(const struct plan *plan)
{
    uint64_t granted = 0;
    for (size_t i = 0; i < plan->capability_count; i++)
        if (kernel_has(plan->capabilities[i].number))
            granted |= 1ull << plan->capabilities[i].number;
    return granted;
}

int can_take_privileges(const struct plan *plan)
{
    // Without ambient capabilities, which came with Linux 4.3, only root keeps any.
    return plan->user == 0 || granted(plan) == 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0) >= 0;
}

static int set_capabilities(uint64_t capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++) {
        uint32_t word = capabilities >> 32 * i;
        data[i] = (struct __user_cap_data_struct){.effective = word, .permitted = word, .inheritable = word};
    }
    return syscall(SYS_capset, &header, data) == 0;
}

int take_privileges(const struct plan *plan)
{
    uint64_t capabilities = granted(plan);
    // The bounding set limits what root gets back from exec, the ambient set keeps capabilities of other users.
    for (uint32_t number = 0; kernel_has(number); number++)
        if (!(capabilities >> number & 1) && prctl(PR_CAPBSET_DROP, number) != 0)
            return 0;
    prctl(PR_SET_KEEPCAPS, 1);
    if (setgroups(0, NULL) != 0 || setresgid(plan->user, plan->user, plan->user) != 0 ||
        setresuid(plan->user, plan->user, plan->user) != 0 || !set_capabilities(capabilities))
        return 0;
    for (uint32_t number = 0; plan->user != 0 && kernel_has(number); number++)
        if (capabilities >> number & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0)
            return 0;
    return 1;
}

static int has(uint32_t capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    return syscall(SYS_capget, &header, data) == 0 && data[capability / 32].effective >> capability % 32 & 1;
}

/// Source: Linux 6.12, kernel/bpf/syscall.c, `is_net_admin_prog_type`.
static int is_for_network(uint32_t program_type)
{
    switch (program_type) {
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
    case BPF_PROG_TYPE_XDP:
    case BPF_PROG_TYPE_LWT_IN:
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_LWT_SEG6LOCAL:
    case BPF_PROG_TYPE_SK_SKB:
    case BPF_PROG_TYPE_SK_MSG:
    case BPF_PROG_TYPE_FLOW_DISSECTOR:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_SOCK_OPS:
    case BPF_PROG_TYPE_EXT:
        return 1;
    default:
        return 0;
    }
}

/// Source: Linux 6.12, kernel/bpf/syscall.c, `is_perfmon_prog_type`.
static int is_for_tracing(uint32_t program_type)
{
    switch (program_type) {
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_PERF_EVENT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_STRUCT_OPS:
    case BPF_PROG_TYPE_EXT:
        return 1;
    default:
        return 0;
    }
}

/// `CAP_SYS_ADMIN` includes all others, and before 5.8 is the only one.
static const char *missing(int needs_network, int needs_tracing)
{
    if (has(CAP_SYS_ADMIN))
        return NULL;
    if (!kernel_has(CAP_BPF))
        return "CAP_SYS_ADMIN";
    if (!has(CAP_BPF))
        return "CAP_BPF";
    if (needs_network && !has(CAP_NET_ADMIN))
        return "CAP_NET_ADMIN";
    return needs_tracing && !has(CAP_PERFMON) ? "CAP_PERFMON" : NULL;
}

const char *missing_capability(uint32_t program_type)
{
    return missing(is_for_network(program_type), is_for_tracing(program_type));
}

const char *missing_map_capability(uint32_t map_type)
{
    switch (map_type) {
    // Source: Linux 6.12, kernel/bpf/syscall.c, `map_create`.
    case BPF_MAP_TYPE_SOCKMAP:
    case BPF_MAP_TYPE_SOCKHASH:
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH:
    case BPF_MAP_TYPE_XSKMAP:
        return missing(1, 0);
    default:
        return missing(0, 0);
    }
}
