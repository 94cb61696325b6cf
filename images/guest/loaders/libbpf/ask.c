#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../kit/ask_map.h"
#include "../../kit/privileges.h"
#include "ask.h"

static const struct finding nothing_found;

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

/// Types that cannot load without a target: the verifier always gives a reason for them.
static int needs_a_target(enum bpf_prog_type type)
{
    return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM || type == BPF_PROG_TYPE_EXT ||
           type == BPF_PROG_TYPE_STRUCT_OPS;
}

static const char *type_name(enum bpf_prog_type type)
{
    return name_or_unknown(libbpf_bpf_prog_type_str(type));
}

static struct finding ask_about_type(enum bpf_prog_type type)
{
    return libbpf_probe_bpf_prog_type(type, NULL) == 0 ? FINDING(PROGRAM_TYPE_REJECTED, type_name(type))
                                                       : nothing_found;
}

static struct finding attach_type_rejected(const struct asked_program *asked)
{
    return FINDING(ATTACH_TYPE_REJECTED, type_name(asked->type),
                   name_or_unknown(libbpf_bpf_attach_type_str(asked->attach_type)));
}

/// Whether the kernel rejects such a program for its missing target rather than as unknown.
/// Type 1 of the kernel's BTF is not a function, which the log says.
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

static struct finding ask_about_target(const struct asked_program *asked)
{
    enum bpf_attach_type usual = asked->type == BPF_PROG_TYPE_LSM ? BPF_LSM_MAC : BPF_TRACE_FENTRY;
    if (asked->type != BPF_PROG_TYPE_TRACING && asked->type != BPF_PROG_TYPE_LSM)
        return nothing_found;
    if (!knows_attach_type(asked->type, asked->attach_type) && knows_attach_type(asked->type, usual))
        return attach_type_rejected(asked);
    return nothing_found;
}

static struct finding flags_rejected(const struct asked_program *asked)
{
    char flags[16];
    snprintf(flags, sizeof(flags), "%#x", asked->flags);
    return FINDING(FLAGS_REJECTED, type_name(asked->type), flags);
}

static struct finding version_rejected(const struct asked_program *asked)
{
    char version[32];
    unsigned number = asked->kernel_version;
    snprintf(version, sizeof(version), "%u.%u.%u", number >> 16, number >> 8 & 0xff, number & 0xff);
    return FINDING(VERSION_REJECTED, type_name(asked->type), version);
}

static struct finding ask_about_program(const struct asked_program *asked)
{
    struct finding type = ask_about_type(asked->type);
    if (type.code != 0)
        return type;
    if (needs_a_target(asked->type))
        return ask_about_target(asked);
    struct asked_program short_one = *asked;
    short_one.instructions = 2;
    struct asked_program without_flags = short_one, without_attach_type = short_one, with_own_version = short_one;
    without_flags.flags = 0;
    without_attach_type.attach_type = 0;
    with_own_version.kernel_version = version_code();
    struct asked_program bare = without_flags;
    bare.attach_type = 0;
    if (takes_trivial(&short_one))
        return asked->instructions > 2 && !takes_trivial(asked) ? FINDING(LENGTH_REJECTED, NUMBER(asked->instructions))
                                                                : nothing_found;
    if (asked->flags && (takes_trivial(&without_flags) || takes_trivial(&bare)))
        return flags_rejected(asked);
    if (asked->attach_type && takes_trivial(&without_attach_type))
        return attach_type_rejected(asked);
    return takes_trivial(&with_own_version) ? version_rejected(asked) : nothing_found;
}

/// Before 5.11, a program counts against RLIMIT_MEMLOCK, and EPERM is the only sign of that.
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

static struct finding ask_about_capability(enum bpf_prog_type type)
{
    const char *capability = missing_capability(type);
    return capability == NULL
               ? nothing_found
               : FINDING(CAPABILITY_MISSING, "programs", name_or_unknown(libbpf_bpf_prog_type_str(type)), capability);
}

static struct finding ask_about_map_capability(enum bpf_map_type type)
{
    const char *capability = missing_map_capability(type);
    return capability == NULL
               ? nothing_found
               : FINDING(CAPABILITY_MISSING, "maps", name_or_unknown(libbpf_bpf_map_type_str(type)), capability);
}

/// Parses the word in brackets: `none integrity [confidentiality]`.
static struct finding ask_about_permission(const struct asked_program *asked)
{
    struct finding capability = ask_about_capability(asked->type);
    if (capability.code != 0)
        return capability;
    if (takes_with_more_memory(asked))
        return FINDING(MEMLOCK_TOO_LOW);
    char line[128] = "";
    FILE *lockdown = fopen("/sys/kernel/security/lockdown", "re");
    if (lockdown == NULL)
        return nothing_found;
    char *begin = fgets(line, sizeof(line), lockdown) ? strchr(line, '[') : NULL;
    char *end = begin ? strchr(begin, ']') : NULL;
    fclose(lockdown);
    if (end == NULL)
        return nothing_found;
    *end = '\0';
    return strcmp(begin + 1, "none") != 0 ? FINDING(LOCKED_DOWN, begin + 1) : nothing_found;
}

/// Whether a log contains only statistics.
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

static struct finding ask_about_map(enum bpf_map_type type, int lacks_size)
{
    const char *name = name_or_unknown(libbpf_bpf_map_type_str(type));
    // Each of the two knows types that the other one does not.
    if (libbpf_probe_bpf_map_type(type, NULL) == 0 && has_map_type(type) <= 0)
        return FINDING(MAP_TYPE_REJECTED, name);
    return lacks_size ? FINDING(MAP_SIZE_MISSING, name) : nothing_found;
}

struct finding ask_about_refusal(const struct observed_load *observed, int map_lacks_size, int error)
{
    const struct asked_program *asked = &observed->asked;
    if (observed->attempted && !says_nothing(observed->log))
        return ask_about_helper(observed->log, asked->kernel_version);
    if (observed->attempted && is_about_what_is_known(observed->error))
        return ask_about_program(asked);
    if (observed->attempted)
        return observed->error == -EPERM ? ask_about_permission(asked) : nothing_found;
    if (observed->map_error == -EPERM)
        return ask_about_map_capability(observed->map_type);
    // libbpf loads a program of its own before anything else.
    if (error == -EPERM)
        return ask_about_capability(asked->type);
    // libbpf also reports a missing target if the kernel lacks such programs altogether.
    if (observed->prepared || asked->type == BPF_PROG_TYPE_STRUCT_OPS)
        return needs_a_target(asked->type) ? ask_about_type(asked->type) : nothing_found;
    return is_about_what_is_known(observed->map_error) ? ask_about_map(observed->map_type, map_lacks_size)
                                                       : nothing_found;
}
