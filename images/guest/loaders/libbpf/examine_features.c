#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "examine.h"

/// Newer than the headers of Debian 12.
#define ATTACH_UPROBE_MULTI 48
#define JUMP_MAY_GOTO 0xe0

/// Instructions are asked for with the first type that is there: el7 has no socket filters.
static const struct subject *plain_subject(void)
{
    static const struct subject candidates[] = {
        {.type = BPF_PROG_TYPE_SOCKET_FILTER}, {.type = BPF_PROG_TYPE_TRACEPOINT}, {.type = BPF_PROG_TYPE_KPROBE}};
    static const struct subject *found;
    const struct bpf_insn nothing[] = {SET(BPF_REG_0, 0), RETURN};
    for (size_t i = 0; found == NULL && i < COUNT(candidates); i++)
        if (answer(try_program(&candidates[i], nothing, COUNT(nothing), 0)))
            found = &candidates[i];
    return found ? found : &candidates[0];
}

#define LOADS(...)                                                                           \
    ({                                                                                       \
        const struct bpf_insn instructions[] = {__VA_ARGS__};                                \
        answer(try_program(plain_subject(), instructions, COUNT(instructions), 0));          \
    })

static int has_kernel_btf(void)
{
    return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

int has_btf_load(void)
{
    struct btf *btf = btf__new_empty();
    if (btf == NULL)
        return -ENOMEM;
    btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
    __u32 size;
    const void *bytes = btf__raw_data(btf, &size);
    int there = answer(bpf_btf_load(bytes, size, NULL));
    btf__free(btf);
    return there;
}

static int has_global_data(void)
{
    int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 8, 1, NULL);
    if (map < 0)
        return map;
    int there = LOADS(INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, map),
                      INSTRUCTION(0, 0, 0, 0, 0), SET(BPF_REG_0, 0), RETURN);
    close(map);
    return there;
}

static int has_mmapable_arrays(void)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    return answer(bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 8, 1, &options));
}

static int has_subprograms(void)
{
    return LOADS(INSTRUCTION(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), RETURN, SET(BPF_REG_0, 0), RETURN);
}

static int has_bounded_loops(void)
{
    return LOADS(SET(BPF_REG_0, 4), INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_0, 0, 0, -1),
                 INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, -2, 0), RETURN);
}

static int has_may_goto(void)
{
    return LOADS(SET(BPF_REG_0, 0), INSTRUCTION(BPF_JMP | JUMP_MAY_GOTO, 0, 0, 1, 0),
                 INSTRUCTION(BPF_JMP | BPF_JA, 0, 0, -2, 0), RETURN);
}

/// The commit that raised the limit of processed instructions to a million raised that of a program's length too, from
/// 4096 (c04c0d2b968a, 5.2).
static int has_million_instructions(void)
{
    static struct bpf_insn instructions[4096 + 2];
    for (size_t i = 0; i < COUNT(instructions); i++)
        instructions[i] = SET(BPF_REG_0, 0);
    instructions[COUNT(instructions) - 1] = RETURN;
    return answer(try_program(plain_subject(), instructions, COUNT(instructions), 0));
}

/// Clang's -mcpu=v2: unsigned "less than".
static int has_cpu_v2(void)
{
    return LOADS(SET(BPF_REG_0, 0), INSTRUCTION(BPF_JMP | BPF_JLT | BPF_K, BPF_REG_0, 0, 0, 1), RETURN);
}

/// -mcpu=v3: jumps on 32 bits.
static int has_cpu_v3(void)
{
    return LOADS(SET(BPF_REG_0, 0), INSTRUCTION(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 1), RETURN);
}

/// -mcpu=v4: moves that extend the sign.
static int has_cpu_v4(void)
{
    return LOADS(SET(BPF_REG_0, 0), INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_0, 8, 0), RETURN);
}

/// Atomic instructions that return the old value; also what clang makes of -mcpu=v3.
static int has_atomic_fetch(void)
{
    return LOADS(INSTRUCTION(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 0), SET(BPF_REG_0, 0),
                 INSTRUCTION(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_10, BPF_REG_0, -8, BPF_ADD | BPF_FETCH), RETURN);
}

/// It is not the load that tells, see `probe_stats` in observe.c.
int has_log_statistics(void)
{
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    answer(try_program(plain_subject(), instructions, COUNT(instructions), LOG_LEVEL_STATISTICS));
    return strstr(examine_log, "verification time") != NULL;
}

/// The bit is refused from 5.2, when levels began to be checked, to 6.3.
static int has_rotating_log(void)
{
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    return has_log_statistics() &&
           answer(try_program(plain_subject(), instructions, COUNT(instructions), LOG_LEVEL_STATES | LOG_LEVEL_FIXED));
}

static int has_kprobe_pmu(void)
{
    return access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
}

static int has_uprobe_pmu(void)
{
    return access("/sys/bus/event_source/devices/uprobe/type", R_OK) == 0;
}

/// Makes a link that cannot be: where the kind of link is known, the complaint is about the bad descriptor.
static int has_perf_link(void)
{
    const struct subject subject = {.type = BPF_PROG_TYPE_TRACEPOINT};
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    int program = try_program(&subject, instructions, COUNT(instructions), 0);
    if (program < 0)
        return 0;
    int link = bpf_link_create(program, -1, BPF_PERF_EVENT, NULL);
    close(program);
    return answer(link) || link == -EBADF;
}

static int has_kprobe_multi(void)
{
    const struct subject subject = {.type = BPF_PROG_TYPE_KPROBE, .attach_type = BPF_TRACE_KPROBE_MULTI};
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    int program = try_program(&subject, instructions, COUNT(instructions), 0);
    if (program < 0)
        return 0;
    const char *symbols[] = {"do_exit"};
    LIBBPF_OPTS(bpf_link_create_opts, options, .kprobe_multi.syms = symbols, .kprobe_multi.cnt = 1);
    int there = answer(bpf_link_create(program, 0, BPF_TRACE_KPROBE_MULTI, &options));
    close(program);
    return there;
}

/// A folder is no program to attach to, and only a kernel that knows this kind of link looks that far.
static int has_uprobe_multi(void)
{
    const struct subject subject = {
        .type = BPF_PROG_TYPE_KPROBE, .attach_type = (enum bpf_attach_type)ATTACH_UPROBE_MULTI};
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    int program = try_program(&subject, instructions, COUNT(instructions), 0);
    if (program < 0)
        return 0;
    const unsigned long offset = 0;
    LIBBPF_OPTS(bpf_link_create_opts, options, .uprobe_multi.path = "/", .uprobe_multi.offsets = &offset,
                .uprobe_multi.cnt = 1);
    int link = bpf_link_create(program, -1, (enum bpf_attach_type)ATTACH_UPROBE_MULTI, &options);
    close(program);
    return answer(link) || link == -EBADF;
}

/// The type alone says little: what attaches it (a trampoline) is a matter of architecture and configuration.
static int has_fentry(void)
{
    const struct subject subject = {
        .type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY, .function = "bpf_fentry_test1"};
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    int program = kernel_function(subject.function) ? try_program(&subject, instructions, COUNT(instructions), 0) : -1;
    if (program < 0)
        return 0;
    int there = answer(bpf_raw_tracepoint_open(NULL, program));
    close(program);
    return there;
}

static const struct {
    const char *name;
    int (*ask)(void);
} features[] = {
    {"kernel_btf", has_kernel_btf},
    {"btf_load", has_btf_load},
    {"global_data", has_global_data},
    {"mmapable_arrays", has_mmapable_arrays},
    {"subprograms", has_subprograms},
    {"bounded_loops", has_bounded_loops},
    {"may_goto", has_may_goto},
    {"million_instructions", has_million_instructions},
    {"cpu_v2", has_cpu_v2},
    {"cpu_v3", has_cpu_v3},
    {"cpu_v4", has_cpu_v4},
    {"atomic_fetch", has_atomic_fetch},
    {"log_statistics", has_log_statistics},
    {"rotating_log", has_rotating_log},
    {"kprobe_pmu", has_kprobe_pmu},
    {"uprobe_pmu", has_uprobe_pmu},
    {"perf_link", has_perf_link},
    {"kprobe_multi", has_kprobe_multi},
    {"uprobe_multi", has_uprobe_multi},
    {"fentry", has_fentry},
};

void examine_features(uint32_t cell)
{
    for (size_t i = 0; i < COUNT(features); i++)
        report_fact(cell, CMX_FACT_FEATURE, features[i].name, features[i].ask(), NULL, 0);
}
