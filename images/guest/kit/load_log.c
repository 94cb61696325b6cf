#include "load_log.h"

#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// Valid on every kernel: up to Linux 5.1 the ceiling is UINT_MAX >> 8, later UINT_MAX >> 2; beyond it is EINVAL.
#define SMALLEST_CEILING ((16u << 20) - 1)
#define LARGEST_CEILING (UINT32_MAX >> 2)
/// How much of the beginning of a long log is kept, in bytes.
#define HEAD_BYTES (1u << 20)
/// The number of processed instructions from which a log counts as long: about 16 MiB.
#define MANY_INSTRUCTIONS 100000
/// The same for kernels that do not report instructions: the time they need for that many under TCG, in microseconds.
#define LONG_VERIFICATION 250000
/// The interval for checking whether the head is full, in microseconds.
#define LOOK_INTERVAL 2000

static struct {
    int stats;
    int fixed;
} kernel_has;
static int wants_full_logs;

/// Loads `return 0` and returns whether that succeeded.
static int loads_with(unsigned level, unsigned type, char *log, size_t bytes)
{
    const struct bpf_insn return_zero[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = type;
    attributes.insn_cnt = 2;
    attributes.insns = (uintptr_t)return_zero;
    attributes.license = (uintptr_t)"GPL";
    attributes.log_level = level;
    attributes.log_buf = (uintptr_t)log;
    attributes.log_size = bytes;
    // Only the fields that every kernel has.
    int program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, offsetof(union bpf_attr, kern_version));
    if (program >= 0)
        close(program);
    return program >= 0;
}

/// Whether the kernel has LOG_STATS, recognized by the line that only LOG_STATS prints.
/// Whether the load succeeds proves nothing: kernels before 5.2 either reject unknown bits of the level (5.1) or treat
/// any level above 1 as a full dump (4.4 to 4.19, el7).
static int has_stats(unsigned type)
{
    static char log[16 << 10];
    return loads_with(LOG_STATS, type, log, sizeof(log)) && strstr(log, "verification time") != NULL;
}

void learn_log_levels(void)
{
    static char log[16 << 10];
    kernel_has.stats = has_stats(BPF_PROG_TYPE_SOCKET_FILTER) || has_stats(BPF_PROG_TYPE_TRACEPOINT);
    kernel_has.fixed = kernel_has.stats &&
                       (loads_with(LOG_STATS | LOG_FIXED, BPF_PROG_TYPE_SOCKET_FILTER, log, sizeof(log)) ||
                        loads_with(LOG_STATS | LOG_FIXED, BPF_PROG_TYPE_TRACEPOINT, log, sizeof(log)));
}

unsigned quiet_level(void)
{
    return kernel_has.stats ? LOG_STATS : 0;
}

void want_full_logs(int wanted)
{
    wants_full_logs = wanted;
}

/// Reserved memory: pages are allocated as the kernel writes them and freed before the next log.
char *empty_log_buffer(void)
{
    static char *buffer;
    if (buffer == NULL) {
        buffer = mmap(NULL, LARGEST_CEILING, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                      0);
        if (buffer == MAP_FAILED) {
            fprintf(stderr, "compat-matrix: no memory for a log\n");
            exit(70);
        }
    }
    madvise(buffer, LARGEST_CEILING, MADV_DONTNEED);
    return buffer;
}

/// MemFree comes first in the file, and is the result if there is no MemAvailable (before Linux 3.14).
size_t available_bytes(void)
{
    size_t kibibytes = 0;
    char line[128];
    FILE *file = fopen("/proc/meminfo", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "MemFree: %zu", &kibibytes) == 1 || sscanf(line, "MemAvailable: %zu", &kibibytes) == 1)
            continue;
    if (file != NULL)
        fclose(file);
    return kibibytes << 10;
}

/// LOG_STATS and the higher limit both came with 5.2.
static size_t ceiling(void)
{
    return kernel_has.stats ? LARGEST_CEILING : SMALLEST_CEILING;
}

/// How much of the buffer the verifier may fill, given the free memory.
static size_t fitting_bytes(void)
{
    // The rest is for the verifier's states, which it keeps while it writes the log.
    size_t bytes = available_bytes() / 4 * 3;
    if (bytes < SMALLEST_CEILING)
        return SMALLEST_CEILING;
    return bytes < ceiling() ? bytes : ceiling();
}

/// Repeats a load that ended with EAGAIN: a signal interrupted it where the verifier yields.
static int load_patiently(load_function *load, void *context, unsigned level, char *log, size_t bytes,
                          size_t *true_bytes)
{
    int result = -EAGAIN;
    for (int tries = 0; result == -EAGAIN && tries < 5; tries++)
        result = load(context, level, log, bytes, true_bytes);
    return result;
}

/// A buffer costs only the pages that the kernel writes, so the first attempt uses the largest.
static struct load_log fetch_all(load_function *load, void *context, int verdict)
{
    struct load_log log = {.text = empty_log_buffer()};
    unsigned level = LOG_LAST_PATH | quiet_level();
    size_t true_bytes = 0, bytes = fitting_bytes();
    int logged = load_patiently(load, context, level, (char *)log.text, bytes, &true_bytes);
    // A kernel with backports may have one of the two without the other.
    if (logged == -EINVAL && verdict != -EINVAL && bytes > SMALLEST_CEILING)
        logged = load_patiently(load, context, level, (char *)log.text, bytes = SMALLEST_CEILING, &true_bytes);
    // Any other error of this load, such as ENOSPC, or ENOMEM for the kernel's own copy, cost a part of the log.
    log.is_complete = logged >= 0 ? verdict >= 0 : logged == verdict;
    log.lacks_memory = (logged == -ENOMEM && verdict != -ENOMEM) ||
                       (logged == -ENOSPC && bytes < ceiling() && true_bytes <= ceiling());
    if (logged >= 0)
        close(logged);
    return log;
}

static void be_interrupted(int signal_)
{
    (void)signal_;
}

/// Starts a process that interrupts this one when the head is full, repeatedly until it is killed.
/// The verifier checks for signals since Linux 5.0; older kernels run to their end.
static pid_t start_watcher(const volatile char *head)
{
    pid_t parent = getpid(), watcher = fork();
    if (watcher != 0)
        return watcher;
    for (;;) {
        usleep(LOOK_INTERVAL);
        if (getppid() != parent)
            _exit(0);
        // The last byte is always NUL.
        if (head[HEAD_BYTES - 2] != '\0')
            kill(parent, SIGUSR2);
    }
}

/// The head, cut after its last whole line.
static size_t whole_lines(const char *head)
{
    const char *newline = memrchr(head, '\n', strnlen(head, HEAD_BYTES));
    return newline == NULL ? 0 : newline + 1 - head;
}

/// Fetches the first part of a log, and stops the verifier there if possible.
static struct load_log fetch_head(load_function *load, void *context, int verdict, const char *quiet_log)
{
    const size_t most = HEAD_BYTES + sizeof(CUT_MARK) + QUIET_LOG_BYTES;
    char *text = empty_log_buffer();
    struct load_log log = {.text = text};
    struct sigaction interruption = {.sa_handler = be_interrupted}, before;
    size_t true_bytes;
    char *head = mmap(NULL, HEAD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (head == MAP_FAILED)
        return fetch_all(load, context, verdict);
    sigaction(SIGUSR2, &interruption, &before);
    pid_t watcher = start_watcher(head);
    unsigned level = LOG_LAST_PATH | quiet_level() | (kernel_has.fixed ? LOG_FIXED : 0);
    int logged = load(context, level, head, HEAD_BYTES, &true_bytes);
    if (watcher > 0) {
        kill(watcher, SIGKILL);
        waitpid(watcher, NULL, 0);
    }
    sigaction(SIGUSR2, &before, NULL);
    if (logged >= 0)
        close(logged);
    log.is_complete = logged == verdict;
    size_t length = log.is_complete ? strnlen(head, HEAD_BYTES - 1) : whole_lines(head);
    memcpy(text, head, length);
    munmap(head, HEAD_BYTES);
    snprintf(text + length, most - length, "%s%s", log.is_complete ? "" : CUT_MARK, log.is_complete ? "" : quiet_log);
    return log;
}

int is_long_log(int verdict, const char *quiet_log, uint32_t microseconds)
{
    unsigned instructions;
    // Without statistics, the silent load has no last lines; only E2BIG, the end of the budget, needs none.
    if (!kernel_has.stats && verdict != -E2BIG)
        return 0;
    if (wants_full_logs || getenv(FULL_LOGS_VARIABLE) != NULL)
        return 0;
    const char *totals = strstr(quiet_log, "processed ");
    if (totals != NULL && sscanf(totals, "processed %u", &instructions) == 1)
        return instructions > MANY_INSTRUCTIONS;
    return !kernel_has.stats && microseconds > LONG_VERIFICATION;
}

struct load_log fetch_log(load_function *load, void *context, int verdict, const char *quiet_log, uint32_t microseconds)
{
    if (verdict >= 0 || !is_long_log(verdict, quiet_log, microseconds))
        return fetch_all(load, context, verdict);
    return fetch_head(load, context, verdict, quiet_log);
}
