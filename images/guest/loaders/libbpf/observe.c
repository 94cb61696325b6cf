/// Stands between libbpf and its own system calls (`ld --wrap`), so that one bpf_object__load() yields the verdict, the
/// whole log and the numbers, with every rewriting that libbpf does for users left in place.
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader.h"

/// Bits of `log_level`; include/linux/bpf_verifier.h of Linux.
#define LEVEL_LAST_PATH 1u
#define LEVEL_STATS 4u

/// Valid on every kernel: up to Linux 5.1 the ceiling is UINT_MAX >> 8, later UINT_MAX >> 2; beyond it is EINVAL.
#define FIRST_LOG_BYTES ((16u << 20) - 1)
/// As far as a log can grow in the memory of a guest.
#define LAST_LOG_BYTES (64u << 20)

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
    static char *buffer;
    if (buffer == NULL) {
        // Reserved, not used: pages come into being as the kernel writes them.
        buffer = mmap(NULL, LAST_LOG_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (buffer == MAP_FAILED) {
            fprintf(stderr, "loader-libbpf: no memory for a log\n");
            exit(70);
        }
    }
    buffer[0] = '\0';
    observed = (struct observed_load){.log = buffer, .log_complete = 1};
    return &observed;
}

static int load_with_level(enum bpf_prog_type type, const char *name, const char *license,
                           const struct bpf_insn *instructions, size_t count, const struct bpf_prog_load_opts *asked,
                           unsigned level, size_t log_bytes)
{
    struct bpf_prog_load_opts options = *asked;
    options.log_level = level;
    options.log_buf = level ? observed.log : NULL;
    options.log_size = level ? log_bytes : 0;
    return __real_bpf_prog_load(type, name, license, instructions, count, &options);
}

/// BPF_LOG_STATS and the higher ceiling both came with 5.2.
static size_t largest_log(void)
{
    return kernel_has_stats ? LAST_LOG_BYTES : FIRST_LOG_BYTES;
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
    if (options == NULL || options->log_buf == NULL || options->log_buf != observed.log)
        return __real_bpf_prog_load(type, name, license, instructions, count, options);

    unsigned quiet = kernel_has_stats ? LEVEL_STATS : 0;
    unsigned verbose = LEVEL_LAST_PATH | quiet;
    int verdict = load_with_level(type, name, license, instructions, count, options, quiet, OBSERVED_LOG_BYTES);
    if (verdict == -ENOSPC)
        verdict = load_with_level(type, name, license, instructions, count, options, 0, 0);
    observed.attempted = 1;
    observed.error = verdict < 0 ? verdict : 0;
    observed.asked = (struct asked_program){
        .type = type,
        .attach_type = options->expected_attach_type,
        .flags = options->prog_flags,
        .kernel_version = options->kern_version,
        .instructions = count,
    };

    if (verdict < 0 || !kernel_has_stats) {
        int logged = -ENOSPC;
        for (size_t bytes = FIRST_LOG_BYTES; logged == -ENOSPC && bytes <= largest_log(); bytes *= 2)
            logged = load_with_level(type, name, license, instructions, count, options, verbose, bytes);
        // Whatever else this load met with, ENOSPC or no memory for the kernel's own copy, cost a part of the log.
        observed.log_complete = logged >= 0 ? verdict >= 0 : logged == verdict;
        if (logged >= 0)
            close(logged);
    }
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
