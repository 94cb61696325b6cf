#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "examine.h"

/// Names, one per line.
struct names {
    char text[64 << 10];
    size_t length;
};

static void add_name(struct names *names, const char *name, size_t length)
{
    if (names->length + length + 1 > sizeof(names->text))
        return;
    if (names->length > 0)
        names->text[names->length++] = '\n';
    memcpy(names->text + names->length, name, length);
    names->length += length;
}

static void report_names(uint32_t cell, const char *what, const struct names *names)
{
    report_fact(cell, CMX_FACT_LIST, what, 1, names->text, names->length);
}

/// Adds the functions that pahole tags since 1.26, in kernels since 6.10.
static void add_tagged(struct names *names)
{
    const struct btf *btf = btf_of_kernel();
    for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *tag = btf__type_by_id(btf, id), *function;
        if (!btf_is_decl_tag(tag) || strcmp(btf__name_by_offset(btf, tag->name_off), "bpf_kfunc") != 0)
            continue;
        function = btf__type_by_id(btf, tag->type);
        if (function == NULL || !btf_is_func(function))
            continue;
        const char *name = btf__name_by_offset(btf, function->name_off);
        add_name(names, name, strlen(name));
    }
}

/// The prefix of symbols in tables of BTF ids: `__BTF_ID__func__bpf_rdonly_cast__123`.
#define TABLE_PREFIX "__BTF_ID__"

static int starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/// The length of `bpf_rdonly_cast` in `bpf_rdonly_cast__123`.
static size_t length_of_name(const char *name)
{
    size_t length = strlen(name);
    while (length > 0 && isdigit(name[length - 1]))
        length--;
    return length > 2 && name[length - 1] == '_' && name[length - 2] == '_' ? length - 2 : strlen(name);
}

/// Adds the functions that programs may call according to the kernel's tables.
///
/// A table's members follow its head without a gap: ids of 4 bytes in a `set`, which until 5.19 held functions of all
/// kinds, and ids with 4 bytes of flags in a `set8`, which holds only these.
///
/// Source: include/linux/btf_ids.h of Linux, 5.13 to 6.9.
static void add_listed(struct names *names)
{
    FILE *file = fopen("/proc/kallsyms", "r");
    if (file == NULL)
        return;
    char line[512], symbol[256];
    unsigned long long address, next = 0;
    unsigned step = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strstr(line, TABLE_PREFIX) == NULL || sscanf(line, "%llx %*c %255s", &address, symbol) != 2)
            continue;
        const char *entry = symbol + strlen(TABLE_PREFIX);
        if (starts_with(entry, "set")) {
            step = starts_with(entry, "set8__") ? 8 : strstr(entry, "kfunc") != NULL ? 4 : 0;
            next = address + step;
        } else if (step != 0 && address == next && starts_with(entry, "func__")) {
            const char *name = entry + strlen("func__");
            add_name(names, name, length_of_name(name));
            next += step;
        }
    }
    fclose(file);
}

static void examine_kernel_functions(uint32_t cell)
{
    static struct names names;
    const char *source = "tags in BTF";
    add_tagged(&names);
    if (names.length == 0) {
        source = "tables in kallsyms";
        add_listed(&names);
    }
    if (names.length > 0)
        report_fact(cell, CMX_FACT_SETTING, "kfuncs_from", 1, source, strlen(source));
    report_names(cell, "kfuncs", &names);
}

/// Tries every function that is named like an iterator: a program only loads for a registered one.
static void examine_iterators(uint32_t cell)
{
    static struct names names;
    static const char prefix[] = "bpf_iter_";
    const struct bpf_insn nothing[] = {SET(BPF_REG_0, 0), RETURN};
    const struct btf *btf = btf_of_kernel();
    for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *function = btf__type_by_id(btf, id);
        const char *name = btf_is_func(function) ? btf__name_by_offset(btf, function->name_off) : "";
        const struct subject subject = {.type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_ITER, .function = name};
        if (starts_with(name, prefix) && answer(try_program(&subject, nothing, COUNT(nothing), 0)))
            add_name(&names, name + strlen(prefix), strlen(name + strlen(prefix)));
    }
    report_names(cell, "iterators", &names);
}

/// Tries every type that is named like the value of a struct_ops map: the kernel creates a map only for a valid one.
/// The map needs some BTF, though nothing in it.
static void examine_struct_ops(uint32_t cell)
{
    static struct names names;
    static const char prefix[] = "bpf_struct_ops_";
    const struct btf *btf = btf_of_kernel();
    LIBBPF_OPTS(bpf_map_create_opts, options, .btf_fd = load_small_btf());
    for (__u32 id = 1; (int)options.btf_fd >= 0 && id < btf__type_cnt(btf); id++) {
        const struct btf_type *value = btf__type_by_id(btf, id);
        const char *name = btf_is_struct(value) ? btf__name_by_offset(btf, value->name_off) : "";
        if (!starts_with(name, prefix))
            continue;
        options.btf_vmlinux_value_type_id = id;
        if (answer(bpf_map_create(BPF_MAP_TYPE_STRUCT_OPS, NULL, 4, value->size, 1, &options)))
            add_name(&names, name + strlen(prefix), strlen(name + strlen(prefix)));
    }
    answer(options.btf_fd);
    report_names(cell, "struct_ops", &names);
}

void examine_lists(uint32_t cell)
{
    if (btf_of_kernel() == NULL)
        return;
    examine_kernel_functions(cell);
    examine_iterators(cell);
    examine_struct_ops(cell);
}
