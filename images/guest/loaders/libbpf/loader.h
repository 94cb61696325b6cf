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

/// Loads every program of the object at `path` and reports each.
/// If all load, loads the object as a whole, runs the stages of the plan and reports each program again. Without a
/// plan, stops after the load.
void load_object(uint32_t cell, const char *path, const struct plan *plan);
/// Examines the kernel and reports each fact.
void examine_kernel(uint32_t cell);

/// What happened when libbpf loaded the program under test.
struct observed_load {
    /// Whether libbpf began to prepare the program, which it does once all maps exist.
    int prepared;
    /// Whether libbpf got to BPF_PROG_LOAD.
    int attempted;
    /// 0, or the negative errno of the attempt that decided.
    int error;
    /// The request to BPF_PROG_LOAD.
    struct asked_program {
        enum bpf_prog_type type;
        enum bpf_attach_type attach_type;
        uint32_t flags;
        uint32_t kernel_version;
        size_t instructions;
    } asked;
    /// The result of the last BPF_MAP_CREATE, and the requested type.
    int map_error;
    enum bpf_map_type map_type;
    /// NUL-terminated. The buffer passed to libbpf, which rewrites the verifier's messages about poisoned instructions.
    char *log;
    int log_complete;
    /// Whether a guest with more memory would have held more of the log.
    int log_lacks_memory;
    /// Of the load that gave the verdict: measured here, and by the kernel.
    uint32_t load_microseconds;
    uint32_t verification_microseconds;
    uint32_t translated_bytes;
    uint32_t jited_bytes;
    uint32_t verified_instructions;
};

/// Parses the kernel's BTF once for this process and its children; libbpf parses it again for each object.
void learn_kernel_btf(void);
/// Indexes its types by name, for a resident process.
void index_kernel_btf(void);
/// Opens the object as an application does: with the job's BTF if the kernel has none.
struct bpf_object *open_object(const char *path);
/// Parses the BTF that came since the last call: that of modules, or with a job for a kernel that has none.
/// libbpf takes longer for a module's than for loading an object.
void learn_new_btf(void);

/// Clears the observation and returns it for the next load.
/// A load with another buffer than `log` is one of libbpf's own feature probes.
struct observed_load *observe_next_load(void);
/// Records that libbpf has reached the program.
void observe_preparation(void);

/// Ends the loader if the plan sets what this object or this library does not have.
void check_map_settings(uint32_t cell, const struct bpf_object *object, const struct plan *plan);
/// Sets what the plan sets of maps. If the plan requests that, gives a size to maps that the application sizes at run
/// time, as veristat does; libbpf itself sizes perf event arrays and the like. Returns 0 or a negative errno.
int set_maps(struct bpf_object *object, const struct plan *plan);
/// Reports the maps that `set_maps` will size.
void report_sized_maps(uint32_t cell, struct bpf_object *object, const struct plan *plan);
/// Selects only the program with that `index` for loading and returns it; NULL if there are fewer.
struct bpf_program *select_program(struct bpf_object *object, uint32_t index);
/// Whether libbpf is loading a program that was not selected, and a descriptor for that load, which cannot fail.
int is_bystander(const struct bpf_prog_load_opts *options);
int load_bystander(void);
/// Loads the program whose function `program` replaces, if the object at `path` has it.
/// Returns NULL, or an object to close afterwards.
struct bpf_object *load_target(struct bpf_program *program, const char *path, const struct plan *plan);

/// Explains a rejection without a log: finds what the kernel lacks by loading programs that differ in one thing only.
/// The finding has no code if the rejection concerns the program itself. `map_lacks_size`: the object gives no size to
/// the rejected map. `error` is what bpf_object__load() returned.
struct finding ask_about_refusal(const struct observed_load *observed, int map_lacks_size, int error);
/// Whether the object has a map of that type that needs a size and has none.
int lacks_size(const struct bpf_object *object, enum bpf_map_type type);

/// Whether the kernel accepts a program of that many instructions that only returns 0.
int takes_trivial(const struct asked_program *asked);

/// The LINUX_VERSION_CODE, without which kernels before 5.0 reject a kprobe program.
/// On Debian and Ubuntu, it differs from the beginning of `uname -r`: Debian has it in `uname -v` ("#1 SMP Debian
/// 4.19.304-1"), Ubuntu at the end of /proc/version_signature.
uint32_t version_code(void);

#endif
