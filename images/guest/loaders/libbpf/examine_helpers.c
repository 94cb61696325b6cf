#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "examine.h"

/// By number; generated from libbpf's bpf_helper_defs.h.
static const char *const helper_names[] = {
#include "helper_names.h"
};

/// Where to stop if a kernel never rejects a number as invalid.
#define LAST_HELPER 1000

/// The program types, each with what the kernel needs besides the type.
/// The type and sometimes the attach point decide which helpers a program may call; this is the most common one.
static const struct subject subjects[] = {
    {.type = BPF_PROG_TYPE_SOCKET_FILTER},
    {.type = BPF_PROG_TYPE_KPROBE},
    {.type = BPF_PROG_TYPE_SCHED_CLS},
    {.type = BPF_PROG_TYPE_TRACEPOINT},
    {.type = BPF_PROG_TYPE_XDP},
    {.type = BPF_PROG_TYPE_PERF_EVENT},
    {.type = BPF_PROG_TYPE_CGROUP_SKB},
    {.type = BPF_PROG_TYPE_CGROUP_SOCK},
    {.type = BPF_PROG_TYPE_LWT_XMIT},
    {.type = BPF_PROG_TYPE_SOCK_OPS},
    {.type = BPF_PROG_TYPE_SK_SKB},
    {.type = BPF_PROG_TYPE_CGROUP_DEVICE},
    {.type = BPF_PROG_TYPE_SK_MSG},
    {.type = BPF_PROG_TYPE_RAW_TRACEPOINT},
    {.type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET4_CONNECT},
    {.type = BPF_PROG_TYPE_SK_REUSEPORT},
    {.type = BPF_PROG_TYPE_FLOW_DISSECTOR},
    {.type = BPF_PROG_TYPE_CGROUP_SYSCTL},
    {.type = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach_type = BPF_CGROUP_GETSOCKOPT},
    {.type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY, .function = "bpf_fentry_test1"},
    {.type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC, .function = "bpf_lsm_file_open"},
    {.type = BPF_PROG_TYPE_SK_LOOKUP, .attach_type = BPF_SK_LOOKUP},
    {.type = BPF_PROG_TYPE_SYSCALL, .flags = BPF_F_SLEEPABLE},
};

enum helper_answer { HELPER_ABSENT, HELPER_PRESENT, HELPER_BEYOND_LAST };

/// Reads the answer from the verifier's message.
/// A rejection is "unknown func bpf_x#5", since 6.10 or so "program of this type cannot use helper bpf_x#5", and
/// "invalid func unknown#300" for a number that no type has. Any other message is about arguments, which are all
/// missing here, so the helper itself was accepted. (libbpf's own probe knows the second message only since 1.5.)
static enum helper_answer ask_for_helper(const struct subject *subject, int helper, unsigned log_level)
{
    const struct bpf_insn instructions[] = {INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, helper), RETURN};
    if (answer(try_program(subject, instructions, COUNT(instructions), log_level)))
        return HELPER_PRESENT;
    if (strstr(examine_log, "invalid func ") != NULL)
        return HELPER_BEYOND_LAST;
    int is_refused = examine_log[0] == '\0' || strstr(examine_log, "unknown func ") != NULL ||
                     strstr(examine_log, "cannot use helper ") != NULL;
    return is_refused ? HELPER_ABSENT : HELPER_PRESENT;
}

int any_type_may_call(int helper)
{
    load_kernel_types();
    for (size_t i = 0; i < COUNT(subjects); i++)
        if (ask_for_helper(&subjects[i], helper, 1) == HELPER_PRESENT)
            return 1;
    return 0;
}

static size_t append_helper(char *names, size_t length, size_t capacity, int helper)
{
    const char *name = helper < (int)COUNT(helper_names) ? helper_names[helper] : NULL;
    const char *own = name ? NULL : kernel_name("bpf_func_id", "BPF_FUNC_", helper);
    const char *separator = length ? "\n" : "";
    int added = name || own ? snprintf(names + length, capacity - length, "%sbpf_%s", separator, name ? name : own)
                            : snprintf(names + length, capacity - length, "%shelper %d", separator, helper);
    return added < (int)(capacity - length) ? length + added : length;
}

static void examine_subject(uint32_t cell, const struct subject *subject, unsigned log_level)
{
    static char names[32 << 10];
    const struct bpf_insn nothing[] = {SET(BPF_REG_0, 0), RETURN};
    if (!answer(try_program(subject, nothing, COUNT(nothing), log_level)))
        return;
    size_t length = 0;
    for (int helper = 1; helper <= LAST_HELPER; helper++) {
        enum helper_answer found = ask_for_helper(subject, helper, log_level);
        if (found == HELPER_BEYOND_LAST)
            break;
        if (found == HELPER_PRESENT)
            length = append_helper(names, length, sizeof(names), helper);
    }
    report_fact(cell, CMX_FACT_HELPERS, libbpf_bpf_prog_type_str(subject->type), 1, names, length);
}

void examine_helpers(uint32_t cell)
{
    // Some 5000 programs: on 7.3, they take a quarter of the time without the dump of states and the new diagnostics
    // that come with it.
    unsigned log_level = has_log_statistics() ? LOG_LEVEL_STATISTICS : LOG_LEVEL_STATES;
    for (size_t i = 0; i < COUNT(subjects); i++)
        examine_subject(cell, &subjects[i], log_level);
}
