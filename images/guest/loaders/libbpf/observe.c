/// Stands between libbpf and its own system calls (`ld --wrap`), so that one bpf_object__load() yields the verdict, the
/// whole log and the numbers, with every rewriting that libbpf does for users left in place.
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../kit/clock.h"
#include "loader.h"

/// Bits of `log_level`; include/linux/bpf_verifier.h of Linux.
#define LEVEL_LAST_PATH 1u
#define LEVEL_STATS 4u

int __real_bpf_prog_load(enum bpf_prog_type, const char *, const char *, const struct bpf_insn *, size_t,
                         struct bpf_prog_load_opts *);
int __real_bpf_map_create(enum bpf_map_type, const char *, __u32, __u32, __u32, const struct bpf_map_create_opts *);
struct btf *__real_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf *);

static struct observed_load observed;
static int kernel_has_stats;
static struct btf *kernel_btf;

struct observed_load *observe_next_load(void)
{
    observed = (struct observed_load){.log = empty_log_buffer(), .log_complete = 1};
    return &observed;
}

void observe_preparation(void)
{
    observed.prepared = 1;
}

/// What the kernel is asked for, whatever the level of the log.
struct request {
    enum bpf_prog_type type;
    const char *name;
    const char *license;
    const struct bpf_insn *instructions;
    size_t count;
    const struct bpf_prog_load_opts *options;
};

/// libbpf repeats a load that ends with EAGAIN, up to five times. `*true_bytes` takes how long the log would be, 0 before
/// Linux 6.4.
static int load_with_level(const struct request *request, unsigned level, size_t log_bytes, size_t *true_bytes)
{
    struct bpf_prog_load_opts options = *request->options;
    options.log_level = level;
    options.log_buf = level ? observed.log : NULL;
    options.log_size = level ? log_bytes : 0;
    int program = __real_bpf_prog_load(request->type, request->name, request->license, request->instructions,
                                       request->count, &options);
    *true_bytes = level ? options.log_true_size : 0;
    return program;
}

/// BPF_LOG_STATS and the higher ceiling both came with 5.2; beyond the ceiling is EINVAL.
static size_t log_ceiling(void)
{
    return kernel_has_stats ? LARGEST_LOG_BYTES : SMALLEST_LOG_BYTES;
}

/// Loads once more for the log: a buffer costs only the pages that the kernel writes, so the first one is the largest.
static void load_for_log(const struct request *request, unsigned level, int verdict)
{
    size_t true_bytes, bytes = fitting_log_bytes();
    if (bytes > log_ceiling())
        bytes = log_ceiling();
    int logged = load_with_level(request, level, bytes, &true_bytes);
    // A kernel with backports may have one of the two and not the other.
    if (logged == -EINVAL && verdict != -EINVAL && bytes > SMALLEST_LOG_BYTES)
        logged = load_with_level(request, level, bytes = SMALLEST_LOG_BYTES, &true_bytes);
    // Whatever else this load met with, ENOSPC or no memory for the kernel's own copy, cost a part of the log.
    observed.log_complete = logged >= 0 ? verdict >= 0 : logged == verdict;
    observed.log_lacks_memory =
        (logged == -ENOMEM && verdict != -ENOMEM) ||
        (logged == -ENOSPC && bytes < log_ceiling() && true_bytes <= log_ceiling());
    if (logged >= 0)
        close(logged);
}

/// Asked of a log without a dump: writing a dump takes several times what verification takes.
static uint32_t verification_microseconds(const char *log)
{
    uint32_t microseconds = 0;
    const char *line = strstr(log, "verification time ");
    if (line != NULL)
        sscanf(line, "verification time %u usec", &microseconds);
    return microseconds;
}

static void ask_for_numbers(int program)
{
    struct bpf_prog_info info = {0};
    __u32 length = sizeof(info);
    if (bpf_obj_get_info_by_fd(program, &info, &length) != 0)
        return;
    observed.translated_bytes = info.xlated_prog_len;
    observed.jited_bytes = info.jited_prog_len;
    observed.verified_instructions = info.verified_insns;
}

/// The verdict comes from a load without a dump of states, because before Linux 6.4 a full log buffer turns a good load
/// into ENOSPC. Statistics alone cannot fill a buffer, and an error line is printed at that level too.
int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
                         const struct bpf_insn *instructions, size_t count, struct bpf_prog_load_opts *options)
{
    if (is_bystander(options))
        return load_bystander();
    if (options == NULL || options->log_buf == NULL || options->log_buf != observed.log)
        return __real_bpf_prog_load(type, name, license, instructions, count, options);

    const struct request request = {type, name, license, instructions, count, options};
    unsigned quiet = kernel_has_stats ? LEVEL_STATS : 0;
    size_t true_bytes;
    long long start = now_microseconds();
    int verdict = load_with_level(&request, quiet, OBSERVED_LOG_BYTES, &true_bytes);
    observed.load_microseconds = microseconds_since(start);
    observed.verification_microseconds = quiet ? verification_microseconds(observed.log) : 0;
    if (verdict == -ENOSPC)
        verdict = load_with_level(&request, 0, 0, &true_bytes);
    observed.attempted = 1;
    observed.error = verdict < 0 ? verdict : 0;
    observed.asked = (struct asked_program){
        .type = type,
        .attach_type = options->expected_attach_type,
        .flags = options->prog_flags,
        .kernel_version = options->kern_version,
        .instructions = count,
    };

    if (verdict < 0 || !kernel_has_stats)
        load_for_log(&request, LEVEL_LAST_PATH | quiet, verdict);
    if (verdict >= 0)
        ask_for_numbers(verdict);
    errno = -observed.error;
    return verdict;
}

int __wrap_bpf_map_create(enum bpf_map_type type, const char *name, __u32 key_size, __u32 value_size,
                          __u32 max_entries, const struct bpf_map_create_opts *options)
{
    int map = __real_bpf_map_create(type, name, key_size, value_size, max_entries, options);
    observed.map_error = map < 0 ? map : 0;
    observed.map_type = type;
    return map;
}

/// libbpf parses the kernel's BTF for each object anew; here it is parsed once, before the snapshot.
struct btf *__wrap_btf__load_vmlinux_btf(void)
{
    return kernel_btf ? kernel_btf : __real_btf__load_vmlinux_btf();
}

void __wrap_btf__free(struct btf *btf)
{
    if (btf != kernel_btf || btf == NULL)
        __real_btf__free(btf);
}

/// Kernels before 5.2 either refuse unknown bits of the level (5.1) or take any level above 1 for a full dump (4.4 to
/// 4.19, el7); so it is not the load that tells but the line that only BPF_LOG_STATS prints.
static int probe_stats(enum bpf_prog_type type)
{
    static char log[16 << 10];
    const struct bpf_insn return_zero[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = LEVEL_STATS, .log_buf = log, .log_size = sizeof(log));
    int program = __real_bpf_prog_load(type, NULL, "GPL", return_zero, 2, &options);
    if (program < 0)
        return 0;
    close(program);
    return strstr(log, "verification time") != NULL;
}

void learn_kernel(void)
{
    kernel_has_stats = probe_stats(BPF_PROG_TYPE_SOCKET_FILTER) || probe_stats(BPF_PROG_TYPE_TRACEPOINT);
    kernel_btf = __real_btf__load_vmlinux_btf();
}
