/// Ways to attach to the kernel and to programs, each tried with a program that does nothing.
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "examine.h"

/// Newer than the headers of Debian 12.
#define ATTACH_UPROBE_MULTI 48
#define ATTACH_KPROBE_SESSION 56

static int has_kprobe_pmu(void)
{
    return access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
}

static int has_uprobe_pmu(void)
{
    return access("/sys/bus/event_source/devices/uprobe/type", R_OK) == 0;
}

/// Creates a link that cannot exist: a kernel with this kind of link complains about the bad descriptor.
static int has_perf_link(void)
{
    return takes_link(load_nothing(BPF_PROG_TYPE_TRACEPOINT, 0, NULL), -1, BPF_PERF_EVENT, NULL, -EBADF);
}

static int has_kprobe_multi(void)
{
    const char *symbols[] = {"do_exit"};
    LIBBPF_OPTS(bpf_link_create_opts, options, .kprobe_multi.syms = symbols, .kprobe_multi.cnt = 1);
    return takes_link(load_nothing(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, NULL), 0, BPF_TRACE_KPROBE_MULTI,
                      &options, 0);
}

/// Creates a link, because older kernels ignore the attach type of a kprobe program at load.
/// libbpf 1.4 passes none of the options of this kind.
static int has_kprobe_session(void)
{
    int program = load_nothing(BPF_PROG_TYPE_KPROBE, ATTACH_KPROBE_SESSION, NULL);
    if (program < 0)
        return 0;
    const char *symbols[] = {"do_exit"};
    const struct {
        uint32_t program, target, attach_type, flags, multi_flags, count;
        uint64_t symbols, addresses, cookies;
    } create = {program, 0, ATTACH_KPROBE_SESSION, 0, 0, 1, (uintptr_t)symbols, 0, 0};
    int link = syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create));
    close(program);
    return answer(link);
}

/// Attaches to a directory: only a kernel with this kind of link gets far enough to reject that.
static int has_uprobe_multi(void)
{
    const unsigned long offset = 0;
    LIBBPF_OPTS(bpf_link_create_opts, options, .uprobe_multi.path = "/", .uprobe_multi.offsets = &offset,
                .uprobe_multi.cnt = 1);
    return takes_link(load_nothing(BPF_PROG_TYPE_KPROBE, ATTACH_UPROBE_MULTI, NULL), -1, ATTACH_UPROBE_MULTI, &options,
                      -EBADF);
}

static int takes_program(int event, int program)
{
    int there = event >= 0 && program >= 0 && ioctl(event, PERF_EVENT_IOC_SET_BPF, program) == 0;
    if (event >= 0)
        close(event);
    if (program >= 0)
        close(program);
    return there;
}

static int open_event(uint32_t type, uint64_t config)
{
    struct perf_event_attr attributes = {
        .type = type, .size = PERF_ATTR_SIZE_VER1, .config = config, .sample_period = 1000000, .disabled = 1};
    return syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static int has_tracepoint(void)
{
    char path[96];
    unsigned long long number = 0;
    const char *folder = tracefs_folder();
    snprintf(path, sizeof(path), "%s/events/sched/sched_switch/id", folder ? folder : "");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    int found = fscanf(file, "%llu", &number);
    fclose(file);
    return found == 1 &&
           takes_program(open_event(PERF_TYPE_TRACEPOINT, number), load_nothing(BPF_PROG_TYPE_TRACEPOINT, 0, NULL));
}

static int has_perf_event(void)
{
    return takes_program(open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK),
                         load_nothing(BPF_PROG_TYPE_PERF_EVENT, 0, NULL));
}

static int takes_tracepoint(const char *name, int program)
{
    if (program < 0)
        return 0;
    int there = answer(bpf_raw_tracepoint_open(name, program));
    close(program);
    return there;
}

static int has_raw_tracepoint(void)
{
    return takes_tracepoint("sched_switch", load_nothing(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL));
}

static int has_tp_btf(void)
{
    return takes_tracepoint(NULL, load_nothing(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_sched_switch"));
}

/// Attaches, because the type alone proves little: the trampoline depends on architecture and configuration.
static int has_fentry(void)
{
    return takes_tracepoint(NULL, load_nothing(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1"));
}

/// Allowed for functions with error injection, which not every kernel has, and for the hooks of LSMs.
static int has_fmod_ret(void)
{
    return takes_tracepoint(NULL, load_nothing(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "bpf_modify_return_test")) ||
           takes_tracepoint(NULL, load_nothing(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "security_sb_umount"));
}

static int has_lsm(void)
{
    return takes_tracepoint(NULL, load_nothing(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open"));
}

/// Opens a file with a program attached that records whether it was called.
/// Even an attached program is called only if `bpf` is among the LSMs of the command line or configuration.
static int is_lsm_active(void)
{
    int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 8, 1, NULL);
    if (map < 0 || kernel_function("bpf_lsm_file_open") == 0)
        return 0;
    const struct subject subject = {
        .type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC, .function = "bpf_lsm_file_open"};
    const struct bpf_insn note[] = {
        INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, map),
        INSTRUCTION(0, 0, 0, 0, 0),
        INSTRUCTION(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_1, 0, 0, 1),
        SET(BPF_REG_0, 0),
        RETURN,
    };
    uint64_t called = 0;
    int program = try_program(&subject, note, COUNT(note), 0);
    int link = program < 0 ? -1 : bpf_raw_tracepoint_open(NULL, program);
    if (link >= 0) {
        uint32_t key = 0;
        answer(open("/dev/null", O_RDONLY | O_CLOEXEC));
        bpf_map_lookup_elem(map, &key, &called);
    }
    answer(link);
    answer(program);
    close(map);
    return called != 0;
}

static int has_iterators(void)
{
    return takes_link(load_nothing(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_task"), 0, BPF_TRACE_ITER, NULL, 0);
}

static const struct question ways[] = {
    {"kprobe_pmu", has_kprobe_pmu},
    {"uprobe_pmu", has_uprobe_pmu},
    {"perf_link", has_perf_link},
    {"kprobe_multi", has_kprobe_multi},
    {"kprobe_session", has_kprobe_session},
    {"uprobe_multi", has_uprobe_multi},
    {"tracepoint", has_tracepoint},
    {"raw_tracepoint", has_raw_tracepoint},
    {"tp_btf", has_tp_btf},
    {"perf_event", has_perf_event},
    {"fentry", has_fentry},
    {"fmod_ret", has_fmod_ret},
    {"lsm", has_lsm},
    {"lsm_active", is_lsm_active},
    {"iterators", has_iterators},
};

void examine_attachments(uint32_t cell)
{
    report_answers(cell, ways, COUNT(ways));
}
