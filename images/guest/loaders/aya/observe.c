/// Wraps Aya's own system calls (`ld --wrap=syscall`), so that the log of a rejected program is fetched once, and only
/// as much of it as requested. Aya itself repeats the load with a larger buffer, up to six times in all.
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../kit/clock.h"
#include "../../kit/load_log.h"

long __real_syscall(long number, ...);

/// The kernel's answer to the last program that Aya loaded.
static struct {
    int is_on;
    int verdict;
    uint32_t microseconds;
    struct load_log log;
} observed;

/// The union of the kernel that this is built for; the fields of one load are the same in all kernels.
struct load_request {
    union bpf_attr attributes;
    size_t bytes;
};

/// `load_function`.
static int load_with_level(void *context, unsigned level, char *log, size_t log_bytes, size_t *true_bytes)
{
    struct load_request request = *(struct load_request *)context;
    request.attributes.log_level = level;
    request.attributes.log_buf = level ? (uintptr_t)log : 0;
    request.attributes.log_size = level ? log_bytes : 0;
    *true_bytes = 0;
    long program = __real_syscall(SYS_bpf, BPF_PROG_LOAD, &request.attributes, request.bytes);
    return program >= 0 ? program : -errno;
}

/// The load that decides: Aya's own, but silent.
static int load_quietly(struct load_request *request)
{
    static char quiet_log[QUIET_LOG_BYTES];
    size_t true_bytes;
    long long start = now_microseconds();
    quiet_log[0] = '\0';
    int verdict = load_with_level(request, quiet_level(), quiet_log, sizeof(quiet_log), &true_bytes);
    if (verdict == -ENOSPC)
        verdict = load_with_level(request, 0, NULL, 0, &true_bytes);
    observed.verdict = verdict;
    observed.microseconds = microseconds_since(start);
    observed.log = (struct load_log){.text = quiet_log, .is_complete = 1};
    return verdict;
}

/// Handles Aya's load of a program under test.
/// Aya repeats a rejected load with a buffer: the log is fetched then, and the buffer stays empty.
static long load_program(const union bpf_attr *attributes, size_t bytes)
{
    struct load_request request = {.bytes = bytes < sizeof(*attributes) ? bytes : sizeof(*attributes)};
    memcpy(&request.attributes, attributes, request.bytes);
    if (attributes->log_buf == 0)
        load_quietly(&request);
    else if (observed.verdict < 0)
        observed.log = fetch_log(load_with_level, &request, observed.verdict, observed.log.text, observed.microseconds);
    if (observed.verdict >= 0)
        return observed.verdict;
    errno = -observed.verdict;
    return -1;
}

long __wrap_syscall(long number, ...)
{
    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (observed.is_on && number == SYS_bpf && arguments[0] == BPF_PROG_LOAD)
        return load_program((const union bpf_attr *)arguments[1], arguments[2]);
    return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

// Called by the loader.

/// Marks the next program that Aya loads as the one under test.
void observe_load(void)
{
    observed.is_on = 1;
    observed.log = (struct load_log){.text = "", .is_complete = 1};
    observed.microseconds = 0;
}

void stop_observing(void)
{
    observed.is_on = 0;
}

/// NUL-terminated.
const char *observed_log(void)
{
    return observed.log.text;
}

int observed_log_is_complete(void)
{
    return observed.log.is_complete;
}

int observed_log_lacks_memory(void)
{
    return observed.log.lacks_memory;
}

uint32_t observed_microseconds(void)
{
    return observed.microseconds;
}
