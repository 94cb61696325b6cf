#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader.h"

/// How an answer begins, for whoever reads it among the messages of libbpf. The catalogue of causes knows the answers.
#define ANSWER "loader-libbpf: this kernel takes no "

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

/// Types that no program without a target can be loaded as; the verifier always gives a reason for them.
static int needs_a_target(enum bpf_prog_type type)
{
    return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM || type == BPF_PROG_TYPE_EXT ||
           type == BPF_PROG_TYPE_STRUCT_OPS;
}

static int takes_type(enum bpf_prog_type type, char *answer, size_t bytes)
{
    if (libbpf_probe_bpf_prog_type(type, NULL) != 0)
        return 1;
    snprintf(answer, bytes, ANSWER "program of type %s\n", name_or_unknown(libbpf_bpf_prog_type_str(type)));
    return 0;
}

static void ask_about_program(const struct asked_program *asked, char *answer, size_t bytes)
{
    if (!takes_type(asked->type, answer, bytes) || needs_a_target(asked->type))
        return;
    const char *type = name_or_unknown(libbpf_bpf_prog_type_str(asked->type));
    struct asked_program short_one = *asked;
    short_one.instructions = 2;
    struct asked_program without_flags = short_one, without_attach_type = short_one;
    without_flags.flags = 0;
    without_attach_type.attach_type = 0;
    struct asked_program bare = without_flags;
    bare.attach_type = 0;
    if (takes_trivial(&short_one)) {
        if (asked->instructions > 2 && !takes_trivial(asked))
            snprintf(answer, bytes, ANSWER "program of %zu instructions\n", asked->instructions);
    } else if (asked->flags && (takes_trivial(&without_flags) || takes_trivial(&bare))) {
        snprintf(answer, bytes, ANSWER "program of type %s with the flags %#x\n", type, asked->flags);
    } else if (asked->attach_type && takes_trivial(&without_attach_type)) {
        snprintf(answer, bytes, ANSWER "program of type %s with the attach type %s\n", type,
                 name_or_unknown(libbpf_bpf_attach_type_str(asked->attach_type)));
    }
}

static int is_about_what_is_known(int error)
{
    return error == -EINVAL || error == -E2BIG;
}

void ask_about_refusal(const struct observed_load *observed, char *answer, size_t bytes)
{
    answer[0] = '\0';
    if (observed->attempted) {
        if (is_about_what_is_known(observed->error) && observed->log[0] == '\0')
            ask_about_program(&observed->asked, answer, bytes);
    } else if (observed->prepared || observed->asked.type == BPF_PROG_TYPE_STRUCT_OPS) {
        // libbpf says that the target is missing also where there are no such programs at all.
        if (needs_a_target(observed->asked.type))
            takes_type(observed->asked.type, answer, bytes);
    } else if (is_about_what_is_known(observed->map_error) &&
               libbpf_probe_bpf_map_type(observed->map_type, NULL) == 0) {
        snprintf(answer, bytes, ANSWER "map of type %s\n",
                 name_or_unknown(libbpf_bpf_map_type_str(observed->map_type)));
    }
}
