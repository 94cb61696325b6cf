#include <errno.h>
#include <stdio.h>

#include "examine.h"

/// Probes a type that this libbpf cannot name: it exists if the kernel complains about more than an invalid number.
static int is_unnamed_program_type_there(enum bpf_prog_type type)
{
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    const struct subject subject = {.type = type};
    int program = try_program(&subject, instructions, COUNT(instructions), LOG_LEVEL_STATES);
    return answer(program) || program != -EINVAL || examine_log[0] != '\0';
}

/// The same for maps, which have no log: the kernel creates one with some of the usual sizes.
static int is_unnamed_map_type_there(enum bpf_map_type type)
{
    static const struct {
        uint32_t key, value, entries, flags;
    } sizes[] = {
        {4, 4, 1, 0},
        {4, 8, 1, 0},
        {4, 16, 1, 0},
        {0, 4, 1, 0},
        {0, 0, 4096, 0},
        {4, 4, 1, BPF_F_NO_PREALLOC},
        {8, 8, 1, BPF_F_NO_PREALLOC},
        {0, 0, 1, BPF_F_MMAPABLE},
    };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = sizes[i].flags);
        if (answer(bpf_map_create(type, NULL, sizes[i].key, sizes[i].value, sizes[i].entries, &options)))
            return 1;
    }
    return 0;
}

/// Reports a type that libbpf does not name, unless the kernel neither names nor has it.
static void report_unnamed(uint32_t cell, enum cmx_fact_kind kind, const char *name, const char *prefix, int number,
                           int is_there)
{
    char numbered[32];
    if (name == NULL && !is_there)
        return;
    snprintf(numbered, sizeof(numbered), "%s %d", prefix, number);
    report_fact(cell, kind, name ? name : numbered, is_there, NULL, 0);
}

void examine_program_types(uint32_t cell)
{
    int type = 1;
    for (const char *name; (name = libbpf_bpf_prog_type_str(type)) != NULL; type++)
        report_fact(cell, CMX_FACT_PROGRAM_TYPE, name, libbpf_probe_bpf_prog_type(type, NULL), NULL, 0);
    for (int last = type + TYPES_BEYOND; type < last; type++)
        report_unnamed(cell, CMX_FACT_PROGRAM_TYPE, kernel_name("bpf_prog_type", "BPF_PROG_TYPE_", type), "prog_type",
                       type, is_unnamed_program_type_there(type));
}

/// ENOTSUPP of include/linux/errno.h: the type exists, but not as the type of a struct_ops.
#define NOT_SUPPORTED 524

/// A map whose value needs BTF cannot exist if the kernel loads no BTF; libbpf would report it as unknown.
/// libbpf 1.4 probes struct_ops with a field that kernels before 6.9 reject.
static int is_map_type_there(enum bpf_map_type type)
{
    LIBBPF_OPTS(bpf_map_create_opts, of_some_type, .btf_vmlinux_value_type_id = 1);
    if (type == BPF_MAP_TYPE_STRUCT_OPS)
        return bpf_map_create(type, NULL, 4, 4, 1, &of_some_type) == -NOT_SUPPORTED;
    int is_there = libbpf_probe_bpf_map_type(type, NULL);
    return is_there < 0 && !has_btf_load() ? 0 : is_there;
}

void examine_map_types(uint32_t cell)
{
    int type = 1;
    for (const char *name; (name = libbpf_bpf_map_type_str(type)) != NULL; type++)
        report_fact(cell, CMX_FACT_MAP_TYPE, name, is_map_type_there(type), NULL, 0);
    for (int last = type + TYPES_BEYOND; type < last; type++)
        report_unnamed(cell, CMX_FACT_MAP_TYPE, kernel_name("bpf_map_type", "BPF_MAP_TYPE_", type), "map_type", type,
                       is_unnamed_map_type_there(type));
}
