/// The libbpf loader: loads each program of an object alone, the way veristat does, and reports what happened in frames
/// of the guest protocol. It judges nothing.
#ifndef CMX_LOADER_H
#define CMX_LOADER_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kit/plan.h"
#include "../../kit/frames.h"

/// Loads every program of the object at `path` and reports each. Where all of them load, the object is loaded as a whole,
/// the stages of the plan follow, and each program is reported again; no plan stops at the load.
void load_object(uint32_t cell, const char *path, const struct plan *plan);
/// Asks the kernel what it offers and reports each fact.
void examine_kernel(uint32_t cell);

/// What the kernel said when libbpf asked it for the program under test.
struct observed_load {
    /// Whether libbpf began to prepare the program, which it does when all maps are there.
    int prepared;
    /// Whether BPF_PROG_LOAD was reached at all.
    int attempted;
    /// 0, or the negative errno of the attempt that decided.
    int error;
    /// What BPF_PROG_LOAD was asked for.
    struct asked_program {
        enum bpf_prog_type type;
        enum bpf_attach_type attach_type;
        uint32_t flags;
        uint32_t kernel_version;
        size_t instructions;
    } asked;
    /// The result of the last BPF_MAP_CREATE, and the type that it asked for.
    int map_error;
    enum bpf_map_type map_type;
    /// NUL-terminated. The buffer that libbpf knows, since it rewrites what the verifier says of instructions that it had poisoned.
    char *log;
    int log_complete;
    /// Whether a guest with more memory would have held more of the log.
    int log_lacks_memory;
    /// Of the load that gave the verdict: as seen from here, and by the kernel's own clock.
    uint32_t load_microseconds;
    uint32_t verification_microseconds;
    uint32_t translated_bytes;
    uint32_t jited_bytes;
    uint32_t verified_instructions;
};

/// Parses the kernel's BTF for all cells of this process and its children. libbpf parses it for each object anew.
void learn_kernel_btf(void);
/// Makes finding types in it by name quick, for a process that stays.
void index_kernel_btf(void);
/// Parses the BTF that came with a job for a kernel that has none.
void learn_external_btf(void);
/// Opens the object as an application does: if the kernel has no BTF, with that which came along.
struct bpf_object *open_object(const char *path);
/// Parses the BTF of modules that came since the last call, which takes libbpf longer than loading an object.
void learn_module_btf(void);

/// Forgets what was observed and returns it for the next load. A load that libbpf asks for with another buffer than
/// `log` is one of its own feature probes.
struct observed_load *observe_next_load(void);
/// Notes that libbpf has come to the program.
void observe_preparation(void);

/// Gives a size to maps that get one from the application at run time, as veristat does, where the plan asks for that. A
/// size for a perf event array and the like is libbpf's own business.
void size_maps(struct bpf_object *object, const struct plan *plan);
/// Reports which maps `size_maps` will give a size.
void report_sized_maps(uint32_t cell, struct bpf_object *object, const struct plan *plan);
/// Leaves just the program with number `index` to be loaded and returns it; NULL when there are fewer.
struct bpf_program *select_program(struct bpf_object *object, uint32_t index);
/// Whether libbpf loads a program that was left out, and what it gets for one: nothing of it can fail.
int is_bystander(const struct bpf_prog_load_opts *options);
int load_bystander(void);
/// Loads what `program` replaces a function of, if the object at `path` has it. NULL, or an object to close afterwards.
struct bpf_object *load_target(struct bpf_program *program, const char *path, const struct plan *plan);

/// Asks a kernel that gave an errno and no log what it was that it does not know, by loading what differs in one thing only.
/// The answer has no code where the refusal is about the program itself.
/// `map_lacks_size`: whether the object gives no size to the map that was refused.
struct finding ask_about_refusal(const struct observed_load *observed, int map_lacks_size);
/// Whether the object has a map of that type that has no size, and needs one.
int lacks_size(const struct bpf_object *object, enum bpf_map_type type);

/// Whether the kernel takes a program of that many instructions that only returns 0.
int takes_trivial(const struct asked_program *asked);

/// Kernels before 5.0 load a kprobe program only with their own LINUX_VERSION_CODE, which on Debian and Ubuntu is not
/// what `uname -r` begins with: Debian has it in `uname -v` ("#1 SMP Debian 4.19.304-1"), Ubuntu at the end of
/// /proc/version_signature.
uint32_t version_code(void);

#endif
