#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "examine.h"

/// Newer than the headers of Debian 12.
#define JUMP_MAY_GOTO 0xe0
#define ATOMIC_LOAD_ACQUIRE 0x100

/// Instructions are probed with the first type that exists: el7 has no socket filters.
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

#define LOADS(...) \
    ({ \
        const struct bpf_insn instructions[] = {__VA_ARGS__}; \
        answer(try_program(plain_subject(), instructions, COUNT(instructions), 0)); \
    })

static int has_kernel_btf(void)
{
    return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

int load_small_btf(void)
{
    struct btf *btf = btf__new_empty();
    if (btf == NULL)
        return -ENOMEM;
    btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
    __u32 size;
    const void *bytes = btf__raw_data(btf, &size);
    int loaded = bpf_btf_load(bytes, size, NULL);
    btf__free(btf);
    return loaded;
}

int has_btf_load(void)
{
    return answer(load_small_btf());
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

/// The commit that raised the limit of processed instructions to a million also raised that of a program's length, from
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

/// -mcpu=v3: 32-bit jumps.
static int has_cpu_v3(void)
{
    return LOADS(SET(BPF_REG_0, 0), INSTRUCTION(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 1), RETURN);
}

/// -mcpu=v4: sign-extending moves.
static int has_cpu_v4(void)
{
    return LOADS(SET(BPF_REG_0, 0), INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_0, 8, 0), RETURN);
}

/// Atomic instructions that return the old value; clang also emits them for -mcpu=v3.
static int has_atomic_fetch(void)
{
    return LOADS(INSTRUCTION(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 0), SET(BPF_REG_0, 0),
                 INSTRUCTION(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_10, BPF_REG_0, -8, BPF_ADD | BPF_FETCH), RETURN);
}

static int has_load_acquire(void)
{
    return LOADS(INSTRUCTION(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 0),
                 INSTRUCTION(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_10, -8, ATOMIC_LOAD_ACQUIRE), RETURN);
}

/// Functions and tail calls in one program; before 5.10, it was one or the other.
/// Newer kernels complain that this program has no BTF.
static int has_tail_call_in_function(void)
{
    int map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, NULL, 4, 4, 1, NULL);
    const struct bpf_insn instructions[] = {
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1),
        RETURN,
        INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_MAP_FD, 0, map),
        INSTRUCTION(0, 0, 0, 0, 0),
        SET(BPF_REG_3, 0),
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call),
        SET(BPF_REG_0, 0),
        RETURN,
    };
    if (map < 0)
        return 0;
    int there = answer(try_program(plain_subject(), instructions, COUNT(instructions), LOG_LEVEL_STATES));
    close(map);
    return there || strstr(examine_log, "without BTF") != NULL;
}

/// The kernel decides for each function whether it may sleep; every kernel with the type allows these.
static int has_sleepable(void)
{
    static const struct subject candidates[] = {
        {.type = BPF_PROG_TYPE_LSM,
         .attach_type = BPF_LSM_MAC,
         .function = "bpf_lsm_file_open",
         .flags = BPF_F_SLEEPABLE},
        {.type = BPF_PROG_TYPE_TRACING,
         .attach_type = BPF_TRACE_FENTRY,
         .function = "bpf_fentry_test1",
         .flags = BPF_F_SLEEPABLE},
        {.type = BPF_PROG_TYPE_TRACING,
         .attach_type = BPF_TRACE_FENTRY,
         .function = "__x64_sys_getpgid",
         .flags = BPF_F_SLEEPABLE},
    };
    const struct bpf_insn nothing[] = {SET(BPF_REG_0, 0), RETURN};
    for (size_t i = 0; i < COUNT(candidates); i++)
        if (kernel_function(candidates[i].function) && answer(try_program(&candidates[i], nothing, COUNT(nothing), 0)))
            return 1;
    return 0;
}

/// Whether programs are compiled, which a sysctl and the configuration decide; unknown before 4.13, which does not say.
static int has_jit(void)
{
    const struct bpf_insn nothing[] = {SET(BPF_REG_0, 0), RETURN};
    int program = try_program(plain_subject(), nothing, COUNT(nothing), 0);
    if (program < 0)
        return program;
    struct bpf_prog_info info = {0};
    __u32 length = sizeof(info);
    int error = bpf_obj_get_info_by_fd(program, &info, &length);
    close(program);
    return error ? -errno : info.jited_prog_len > 0;
}

/// Whether the load succeeds proves nothing, see `has_stats` in kit/load_log.c.
int has_log_statistics(void)
{
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    answer(try_program(plain_subject(), instructions, COUNT(instructions), LOG_LEVEL_STATISTICS));
    return strstr(examine_log, "verification time") != NULL;
}

/// Kernels from 5.2, which began to check levels, to 6.3 reject the bit.
static int has_rotating_log(void)
{
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    return has_log_statistics() &&
           answer(try_program(plain_subject(), instructions, COUNT(instructions), LOG_LEVEL_STATES | LOG_LEVEL_FIXED));
}

static const struct question features[] = {
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
    {"load_acquire", has_load_acquire},
    {"tail_call_in_function", has_tail_call_in_function},
    {"sleepable", has_sleepable},
    {"jit", has_jit},
    {"log_statistics", has_log_statistics},
    {"rotating_log", has_rotating_log},
};

void examine_features(uint32_t cell)
{
    report_answers(cell, features, COUNT(features));
}
