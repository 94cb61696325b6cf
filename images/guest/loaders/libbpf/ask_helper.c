#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"

/// The program types to probe for a helper that one type may not call; most helpers belong to one of these.
static const enum bpf_prog_type common_types[] = {
    BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACEPOINT, BPF_PROG_TYPE_PERF_EVENT, BPF_PROG_TYPE_SOCKET_FILTER,
    BPF_PROG_TYPE_XDP,    BPF_PROG_TYPE_SCHED_CLS,  BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_SYSCALL,
};

/// Whether the verifier accepts the helper. It rejects one by its number, or as invalid if that is beyond its last.
static int may_call(enum bpf_prog_type type, int helper, uint32_t kernel_version)
{
    char log[4096] = "";
    const struct bpf_insn call[] = {
        {.code = BPF_JMP | BPF_CALL, .imm = helper},
        {.code = BPF_JMP | BPF_EXIT},
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = 1, .log_buf = log, .log_size = sizeof(log),
                .prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0, .kern_version = kernel_version);
    int program = bpf_prog_load(type, NULL, "GPL", call, 2, &options);
    if (program >= 0)
        close(program);
    return program >= 0 || (log[0] != '\0' && strstr(log, "unknown func ") == NULL &&
                            strstr(log, "cannot use helper ") == NULL && strstr(log, "invalid func ") == NULL);
}

/// The last `#123` after `words`; 0 if there is none.
static int number_behind(const char *log, const char *words)
{
    const char *found = NULL;
    for (const char *next = strstr(log, words); next != NULL; next = strstr(next + 1, words))
        found = next;
    const char *number = found ? strchr(found, '#') : NULL;
    return number ? atoi(number + 1) : 0;
}

/// Numbers that no kernel has are placeholders of loaders for what they did not find.
#define LAST_HELPER 1000
#define MESSAGE_BYTES (16u << 10)

struct finding ask_about_helper(const char *log, uint32_t kernel_version)
{
    // The message is at the end of a log that can be 100 MB long.
    size_t log_bytes = strlen(log);
    log += log_bytes > MESSAGE_BYTES ? log_bytes - MESSAGE_BYTES : 0;
    int unknown = number_behind(log, "invalid func ");
    int refused = number_behind(log, "unknown func ");
    if (refused == 0)
        refused = number_behind(log, "cannot use helper ");
    if (unknown > 0 && unknown <= LAST_HELPER)
        return FINDING(HELPER_MISSING, NUMBER(unknown));
    if (refused <= 0 || refused > LAST_HELPER)
        return (struct finding){0};
    char types[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < sizeof(common_types) / sizeof(common_types[0]); i++)
        if (may_call(common_types[i], refused, kernel_version) && length < sizeof(types))
            length += snprintf(types + length, sizeof(types) - length, "%s%s", length ? ", " : "",
                               libbpf_bpf_prog_type_str(common_types[i]));
    if (length > 0)
        return FINDING(HELPER_ELSEWHERE, NUMBER(refused), types);
#ifndef OBJECTS_ONLY // Loaders that do not examine kernels cannot find that out.
    if (!any_type_may_call(refused))
        return FINDING(HELPER_NOWHERE, NUMBER(refused));
#endif
    return (struct finding){0};
}
