#include "examine.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

char examine_log[16 << 10];

static struct btf *kernel_btf;

int try_program(const struct subject *subject, const struct bpf_insn *instructions, size_t count, unsigned log_level)
{
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = subject->attach_type, .prog_flags = subject->flags,
                .log_level = log_level);
    if (subject->type == BPF_PROG_TYPE_KPROBE)
        options.kern_version = version_code();
    if (subject->function != NULL)
        options.attach_btf_id = kernel_function(subject->function);
    examine_log[0] = '\0';
    if (log_level != 0) {
        options.log_buf = examine_log;
        options.log_size = sizeof(examine_log);
    }
    return bpf_prog_load(subject->type, NULL, "GPL", instructions, count, &options);
}

int answer(int descriptor)
{
    if (descriptor < 0)
        return 0;
    close(descriptor);
    return 1;
}

int load_nothing(enum bpf_prog_type type, int attach_type, const char *function)
{
    const struct subject subject = {.type = type, .attach_type = attach_type, .function = function};
    const struct bpf_insn instructions[] = {SET(BPF_REG_0, 0), RETURN};
    if (function != NULL && kernel_function(function) == 0)
        return -ENOENT;
    return try_program(&subject, instructions, COUNT(instructions), 0);
}

int takes_link(int program, int target, int attach_type, const struct bpf_link_create_opts *options, int complaint)
{
    if (program < 0)
        return 0;
    int link = bpf_link_create(program, target, attach_type, options);
    close(program);
    return answer(link) || (complaint != 0 && link == complaint);
}

void report_answers(uint32_t cell, const struct question *questions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        report_fact(cell, CMX_FACT_FEATURE, questions[i].name, questions[i].ask(), NULL, 0);
}

void load_kernel_types(void)
{
    if (kernel_btf == NULL)
        kernel_btf = btf__load_vmlinux_btf();
}

int kernel_function(const char *name)
{
    int number = kernel_btf ? btf__find_by_name_kind(kernel_btf, name, BTF_KIND_FUNC) : 0;
    if (number <= 0 && kernel_btf)
        number = btf__find_by_name_kind(kernel_btf, name, BTF_KIND_TYPEDEF);
    return number > 0 ? number : 0;
}

const struct btf *btf_of_kernel(void)
{
    return kernel_btf;
}

const char *kernel_name(const char *enumeration, const char *prefix, unsigned value)
{
    static char name[CMX_NAME_BYTES];
    int number = kernel_btf ? btf__find_by_name_kind(kernel_btf, enumeration, BTF_KIND_ENUM) : 0;
    if (number <= 0)
        return NULL;
    const struct btf_type *type = btf__type_by_id(kernel_btf, number);
    const struct btf_enum *values = btf_enum(type);
    for (int i = 0; i < btf_vlen(type); i++) {
        const char *found = btf__name_by_offset(kernel_btf, values[i].name_off);
        // `__MAX_BPF_PROG_TYPE` has the number after the last one.
        if ((unsigned)values[i].val != value || found == NULL || strncmp(found, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(name, sizeof(name), "%s", found + strlen(prefix));
        for (char *letter = name; *letter; letter++)
            *letter = tolower(*letter);
        return name;
    }
    return NULL;
}

/// Writes a line to the console of PID 1: if it arrives, this kernel's serial console works.
static void greet_console(void)
{
    static const char greeting[] = "compat-matrix: the kernel is examined\n";
    if (write(STDERR_FILENO, greeting, sizeof(greeting) - 1) > 0)
        tcdrain(STDERR_FILENO);
}

void examine_kernel(uint32_t cell)
{
    greet_console();
    examine_settings(cell);
    examine_tracefs(cell);
    int has_bpf = syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != ENOSYS;
    report_fact(cell, CMX_FACT_FEATURE, "bpf_syscall", has_bpf, NULL, 0);
    if (!has_bpf)
        return;
    load_kernel_types();
    examine_features(cell);
    examine_attachments(cell);
    examine_network(cell);
    examine_program_types(cell);
    examine_map_types(cell);
    examine_helpers(cell);
    examine_lists(cell);
}
