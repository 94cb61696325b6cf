/// Wraps libbpf's own system calls (`ld --wrap`), so that one bpf_object__load() yields the verdict, the whole log and
/// the numbers, while libbpf's rewriting for users stays in place.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../kit/clock.h"
#include "../../kit/load_log.h"
#include "library.h"
#include "loader.h"

int __real_bpf_prog_load(enum bpf_prog_type, const char *, const char *, const struct bpf_insn *, size_t,
                         struct bpf_prog_load_opts *);
int __real_bpf_map_create(enum bpf_map_type, const char *, __u32, __u32, __u32, const struct bpf_map_create_opts *);

static struct observed_load observed;

struct observed_load *observe_next_load(void)
{
    observed = (struct observed_load){.log = empty_log_buffer(), .log_complete = 1};
    return &observed;
}

void observe_preparation(void)
{
    observed.prepared = 1;
}

/// The request to the kernel, at any log level.
struct request {
    enum bpf_prog_type type;
    const char *name;
    const char *license;
    const struct bpf_insn *instructions;
    size_t count;
    const struct bpf_prog_load_opts *options;
};

/// `load_function`; `context` is a `struct request`.
static int load_with_level(void *context, unsigned level, char *log, size_t log_bytes, size_t *true_bytes)
{
    const struct request *request = context;
    struct bpf_prog_load_opts options = *request->options;
    options.log_level = level;
    options.log_buf = level ? log : NULL;
    options.log_size = level ? log_bytes : 0;
    options.attempts = 1;
    int program = __real_bpf_prog_load(request->type, request->name, request->license, request->instructions,
                                       request->count, &options);
#if LIBBPF_BEFORE(1, 2)
    *true_bytes = 0;
#else
    *true_bytes = level ? options.log_true_size : 0;
#endif
    return program;
}

/// Read from a log without a dump: writing a dump takes several times as long as verification.
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

/// The verdict comes from a load without a dump of states, because before Linux 6.4 a full log buffer makes a good load
/// fail with ENOSPC. Statistics alone cannot fill a buffer, and an error line is printed at that level, too.
int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
                         const struct bpf_insn *instructions, size_t count, struct bpf_prog_load_opts *options)
{
    if (is_bystander(options))
        return load_bystander();
    if (options == NULL || options->log_buf == NULL || options->log_buf != observed.log)
        return __real_bpf_prog_load(type, name, license, instructions, count, options);

    struct request request = {type, name, license, instructions, count, options};
    static char quiet_log[QUIET_LOG_BYTES];
    size_t true_bytes;
    long long start = now_microseconds();
    int verdict = -EAGAIN;
    quiet_log[0] = '\0';
    // As libbpf does.
    for (int tries = 0; verdict == -EAGAIN && tries < 5; tries++)
        verdict = load_with_level(&request, quiet_level(), quiet_log, sizeof(quiet_log), &true_bytes);
    observed.load_microseconds = microseconds_since(start);
    observed.verification_microseconds = verification_microseconds(quiet_log);
    if (verdict == -ENOSPC)
        verdict = load_with_level(&request, 0, NULL, 0, &true_bytes);
    observed.attempted = 1;
    observed.error = verdict < 0 ? verdict : 0;
    observed.asked = (struct asked_program){
        .type = type,
        .attach_type = options->expected_attach_type,
        .flags = options->prog_flags,
        .kernel_version = options->kern_version,
        .instructions = count,
    };

    if (verdict < 0 || quiet_level() == 0) {
        struct load_log log = fetch_log(load_with_level, &request, verdict, quiet_log, observed.load_microseconds);
        observed.log_complete = log.is_complete;
        observed.log_lacks_memory = log.lacks_memory;
    } else {
        strcpy(observed.log, quiet_log);
    }
    if (verdict >= 0)
        ask_for_numbers(verdict);
    errno = -observed.error;
    return verdict;
}

int __wrap_bpf_map_create(enum bpf_map_type type, const char *name, __u32 key_size, __u32 value_size, __u32 max_entries,
                          const struct bpf_map_create_opts *options)
{
    int map = __real_bpf_map_create(type, name, key_size, value_size, max_entries, options);
    observed.map_error = map < 0 ? map : 0;
    observed.map_type = type;
    return map;
}
