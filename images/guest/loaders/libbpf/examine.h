/// What the examination's questions to the kernel have in common.
#ifndef CMX_EXAMINE_H
#define CMX_EXAMINE_H

#include <bpf/btf.h>

#include "loader.h"

/// How a program of some type must be loaded for the verifier to look at it at all.
struct subject {
    enum bpf_prog_type type;
    enum bpf_attach_type attach_type;
    /// A function in the kernel's BTF, for types that are loaded for one.
    const char *function;
    uint32_t flags;
};

/// What the kernel said about the latest program; NUL-terminated, empty when it said nothing.
extern char examine_log[16 << 10];

/// Loads a program with `log_level` and returns its descriptor, or the negative errno.
int try_program(const struct subject *subject, const struct bpf_insn *instructions, size_t count, unsigned log_level);
/// Bits of `log_level`; include/linux/bpf_verifier.h of Linux. An error line is printed with any of them.
#define LOG_LEVEL_STATES 1u
#define LOG_LEVEL_STATISTICS 4u
#define LOG_LEVEL_FIXED 8u

/// Loads the kernel's BTF, in which targets are looked up; before that there are none.
void load_kernel_types(void);
/// Loads a program that returns 0; -ENOENT when the kernel's BTF does not have `function`, which may be NULL.
int load_nothing(enum bpf_prog_type type, int attach_type, const char *function);
/// Whether a link of `attach_type` comes to be, or is refused with `complaint` (0 for none), which only a kernel does that
/// knows this kind of link. Closes `program`, which may be a negative errno.
int takes_link(int program, int target, int attach_type, const struct bpf_link_create_opts *options, int complaint);

/// A feature, and what returns 1 where it is there, 0 where it is not, or a negative errno.
struct question {
    const char *name;
    int (*ask)(void);
};
void report_answers(uint32_t cell, const struct question *questions, size_t count);

/// Closes `descriptor` and returns 1; for a negative one returns 0.
int answer(int descriptor);

/// What the kernel's own BTF calls a value of an enumeration, in lower case and without `prefix`; NULL when it does not
/// know, or has no BTF. Valid until the next call.
const char *kernel_name(const char *enumeration, const char *prefix, unsigned value);
/// The number of a function in the kernel's BTF, or of the type by which it knows a tracepoint (`btf_trace_sched_switch`);
/// 0 when there is none.
int kernel_function(const char *name);
/// The kernel's BTF; NULL where it has none.
const struct btf *btf_of_kernel(void);

/// The folder of tracefs; NULL when there is none.
const char *tracefs_folder(void);

/// Whether the kernel knows LOG_LEVEL_STATISTICS.
int has_log_statistics(void);
int has_btf_load(void);
/// A descriptor of BTF with a type or two, or a negative errno.
int load_small_btf(void);

void examine_program_types(uint32_t cell);
void examine_map_types(uint32_t cell);
void examine_helpers(uint32_t cell);
void examine_features(uint32_t cell);
void examine_attachments(uint32_t cell);
void examine_network(uint32_t cell);
/// What tracefs offers to those who do without BPF.
void examine_tracefs(uint32_t cell);
/// What the kernel has names for: kernel functions that programs may call, iterators, struct_ops.
void examine_lists(uint32_t cell);
void examine_settings(uint32_t cell);

#define INSTRUCTION(code_, dst_, src_, off_, imm_) \
    ((struct bpf_insn){.code = (code_), .dst_reg = (dst_), .src_reg = (src_), .off = (off_), .imm = (imm_)})
#define RETURN INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define SET(register, value) INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, register, 0, 0, value)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/// Types are asked for this far beyond those that libbpf names.
#define TYPES_BEYOND 8

#endif
