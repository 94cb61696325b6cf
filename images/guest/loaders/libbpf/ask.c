#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ask.h"

#define TAKES_NO ANSWER "takes no "

static const char *name_or_unknown(const char *name)
{
    return name ? name : "unknown to libbpf";
}

int takes_trivial(const struct asked_program *asked)
{
    struct bpf_insn *instructions = calloc(asked->instructions, sizeof(*instructions));
    if (instructions == NULL)
        return 0;
    size_t last = asked->instructions - 1;
    for (size_t i = 0; i < last; i++)
        instructions[i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0};
    instructions[last] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = asked->attach_type, .prog_flags = asked->flags,
                .kern_version = asked->kernel_version);
    int program = bpf_prog_load(asked->type, NULL, "GPL", instructions, asked->instructions, &options);
    free(instructions);
    if (program >= 0)
        close(program);
    return program >= 0;
}

/// Types that no program without a target can be loaded as: the verifier always gives a reason for them.
static int needs_a_target(enum bpf_prog_type type)
{
    return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM || type == BPF_PROG_TYPE_EXT ||
           type == BPF_PROG_TYPE_STRUCT_OPS;
}

static int takes_type(enum bpf_prog_type type, char *answer, size_t bytes)
{
    if (libbpf_probe_bpf_prog_type(type, NULL) != 0)
        return 1;
    snprintf(answer, bytes, TAKES_NO "program of type %s\n", name_or_unknown(libbpf_bpf_prog_type_str(type)));
    return 0;
}

/// Whether the kernel takes such a program for one that lacks a target, and not for one that it does not know. Type 1 of
/// the kernel's BTF is no function, which is said in the log.
static int knows_attach_type(enum bpf_prog_type type, enum bpf_attach_type attach_type)
{
    char log[4096] = "";
    const struct bpf_insn return_zero[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type, .attach_btf_id = 1, .log_level = 1,
                .log_buf = log, .log_size = sizeof(log));
    int program = bpf_prog_load(type, NULL, "GPL", return_zero, 2, &options);
    if (program >= 0)
        close(program);
    return program >= 0 || strstr(log, "attach_btf_id") != NULL;
}

static void ask_about_target(const struct asked_program *asked, char *answer, size_t bytes)
{
    enum bpf_attach_type usual = asked->type == BPF_PROG_TYPE_LSM ? BPF_LSM_MAC : BPF_TRACE_FENTRY;
    if (asked->type != BPF_PROG_TYPE_TRACING && asked->type != BPF_PROG_TYPE_LSM)
        return;
    if (!knows_attach_type(asked->type, asked->attach_type) && knows_attach_type(asked->type, usual))
        snprintf(answer, bytes, TAKES_NO "program of type %s with the attach type %s\n",
                 name_or_unknown(libbpf_bpf_prog_type_str(asked->type)),
                 name_or_unknown(libbpf_bpf_attach_type_str(asked->attach_type)));
}

static void ask_about_program(const struct asked_program *asked, char *answer, size_t bytes)
{
    if (!takes_type(asked->type, answer, bytes))
        return;
    if (needs_a_target(asked->type)) {
        ask_about_target(asked, answer, bytes);
        return;
    }
    const char *type = name_or_unknown(libbpf_bpf_prog_type_str(asked->type));
    struct asked_program short_one = *asked;
    short_one.instructions = 2;
    struct asked_program without_flags = short_one, without_attach_type = short_one, with_own_version = short_one;
    without_flags.flags = 0;
    without_attach_type.attach_type = 0;
    with_own_version.kernel_version = version_code();
    struct asked_program bare = without_flags;
    bare.attach_type = 0;
    if (takes_trivial(&short_one)) {
        if (asked->instructions > 2 && !takes_trivial(asked))
            snprintf(answer, bytes, TAKES_NO "program of %zu instructions\n", asked->instructions);
    } else if (asked->flags && (takes_trivial(&without_flags) || takes_trivial(&bare))) {
        snprintf(answer, bytes, TAKES_NO "program of type %s with the flags %#x\n", type, asked->flags);
    } else if (asked->attach_type && takes_trivial(&without_attach_type)) {
        snprintf(answer, bytes, TAKES_NO "program of type %s with the attach type %s\n", type,
                 name_or_unknown(libbpf_bpf_attach_type_str(asked->attach_type)));
    } else if (takes_trivial(&with_own_version)) {
        unsigned version = asked->kernel_version;
        snprintf(answer, bytes, TAKES_NO "program of type %s with the version %u.%u.%u\n", type, version >> 16,
                 version >> 8 & 0xff, version & 0xff);
    }
}

/// Before 5.11 a program counts against RLIMIT_MEMLOCK, and EPERM is all that is said about it.
static int takes_with_more_memory(const struct asked_program *asked)
{
    struct rlimit limit, unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || takes_trivial(asked) ||
        setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0)
        return 0;
    int takes = takes_trivial(asked);
    setrlimit(RLIMIT_MEMLOCK, &limit);
    return takes;
}

/// The word in brackets: `none integrity [confidentiality]`.
static void ask_about_permission(const struct asked_program *asked, char *answer, size_t bytes)
{
    if (takes_with_more_memory(asked)) {
        snprintf(answer, bytes, ANSWER "takes the program with a higher RLIMIT_MEMLOCK\n");
        return;
    }
    char line[128] = "";
    FILE *lockdown = fopen("/sys/kernel/security/lockdown", "re");
    if (lockdown == NULL)
        return;
    char *begin = fgets(line, sizeof(line), lockdown) ? strchr(line, '[') : NULL;
    char *end = begin ? strchr(begin, ']') : NULL;
    fclose(lockdown);
    if (end == NULL)
        return;
    *end = '\0';
    if (strcmp(begin + 1, "none") != 0)
        snprintf(answer, bytes, ANSWER "is locked down: %s\n", begin + 1);
}

/// Whether a log holds nothing but numbers.
static int says_nothing(const char *log)
{
    static const char *const numbers[] = {"verification time ", "stack depth", "processed ", "func#"};
    while (*log != '\0') {
        int is_number = *log == '\n';
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
            is_number |= strncmp(log, numbers[i], strlen(numbers[i])) == 0;
        if (!is_number)
            return 0;
        const char *end = strchr(log, '\n');
        log = end ? end + 1 : "";
    }
    return 1;
}

static int is_about_what_is_known(int error)
{
    return error == -EINVAL || error == -E2BIG;
}

void ask_about_refusal(const struct observed_load *observed, char *answer, size_t bytes)
{
    answer[0] = '\0';
    if (observed->attempted) {
        if (!says_nothing(observed->log))
            ask_about_helper(observed->log, observed->asked.kernel_version, answer, bytes);
        else if (is_about_what_is_known(observed->error))
            ask_about_program(&observed->asked, answer, bytes);
        else if (observed->error == -EPERM)
            ask_about_permission(&observed->asked, answer, bytes);
    } else if (observed->prepared || observed->asked.type == BPF_PROG_TYPE_STRUCT_OPS) {
        // libbpf says that the target is missing also where there are no such programs at all.
        if (needs_a_target(observed->asked.type))
            takes_type(observed->asked.type, answer, bytes);
    } else if (is_about_what_is_known(observed->map_error) &&
               libbpf_probe_bpf_map_type(observed->map_type, NULL) == 0) {
        snprintf(answer, bytes, TAKES_NO "map of type %s\n",
                 name_or_unknown(libbpf_bpf_map_type_str(observed->map_type)));
    }
}
