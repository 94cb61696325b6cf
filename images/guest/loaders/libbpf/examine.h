/// Shared by the feature probes that examine a kernel.
#ifndef CMX_EXAMINE_H
#define CMX_EXAMINE_H

#include <bpf/btf.h>

#include "loader.h"

/// How to load a program of some type so that the verifier looks at it.
struct subject {
    enum bpf_prog_type type;
    enum bpf_attach_type attach_type;
    /// A function in the kernel's BTF, for types that need one at load.
    const char *function;
    uint32_t flags;
};

/// The kernel's log of the latest program; NUL-terminated, empty if there is none.
extern char examine_log[16 << 10];

/// Loads a program with `log_level` and returns its descriptor, or the negative errno.
int try_program(const struct subject *subject, const struct bpf_insn *instructions, size_t count, unsigned log_level);
/// Bits of `log_level`; include/linux/bpf_verifier.h of Linux. An error line is printed with any of them.
#define LOG_LEVEL_STATES 1u
#define LOG_LEVEL_STATISTICS 4u
#define LOG_LEVEL_FIXED 8u

/// Loads the kernel's BTF, without which no target is found.
void load_kernel_types(void);
/// Loads a program that returns 0; -ENOENT if the kernel's BTF lacks `function`, which may be NULL.
int load_nothing(enum bpf_prog_type type, int attach_type, const char *function);
/// Whether the kernel creates a link of `attach_type`, or rejects it with `complaint` (0 for none).
/// Only a kernel with this kind of link rejects it like that. Closes `program`, which may be a negative errno.
int takes_link(int program, int target, int attach_type, const struct bpf_link_create_opts *options, int complaint);

/// A feature, and a function that returns 1 if the kernel has it, 0 if not, or a negative errno.
struct question {
    const char *name;
    int (*ask)(void);
};
void report_answers(uint32_t cell, const struct question *questions, size_t count);

/// Closes `descriptor` and returns 1; returns 0 for a negative one.
int answer(int descriptor);

/// The name of an enumeration's value in the kernel's BTF, in lower case and without `prefix`.
/// NULL if it has no name or the kernel no BTF. Valid until the next call.
const char *kernel_name(const char *enumeration, const char *prefix, unsigned value);
/// The BTF id of a kernel function, or of the type that stands for a tracepoint (`btf_trace_sched_switch`).
/// 0 if there is none.
int kernel_function(const char *name);
/// The kernel's BTF; NULL if it has none.
const struct btf *btf_of_kernel(void);

/// The directory of tracefs; NULL if there is none.
const char *tracefs_folder(void);

/// Whether the kernel has LOG_LEVEL_STATISTICS.
int has_log_statistics(void);
int has_btf_load(void);
/// Loads BTF with a type or two. Returns a descriptor or a negative errno.
int load_small_btf(void);

void examine_program_types(uint32_t cell);
void examine_map_types(uint32_t cell);
void examine_helpers(uint32_t cell);
void examine_features(uint32_t cell);
void examine_attachments(uint32_t cell);
void examine_network(uint32_t cell);
/// What tracefs offers without BPF.
void examine_tracefs(uint32_t cell);
/// Names in the kernel: functions that programs may call, iterators, struct_ops.
void examine_lists(uint32_t cell);
void examine_settings(uint32_t cell);

#define INSTRUCTION(code_, dst_, src_, off_, imm_) \
    ((struct bpf_insn){.code = (code_), .dst_reg = (dst_), .src_reg = (src_), .off = (off_), .imm = (imm_)})
#define RETURN INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define SET(register, value) INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, register, 0, 0, value)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/// How many types to probe beyond those that libbpf names.
#define TYPES_BEYOND 8

#endif
