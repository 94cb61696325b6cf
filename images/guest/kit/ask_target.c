#include "ask_target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracing.h"

static const struct finding nothing_found;

/// Opens a file of tracefs for reading line by line; NULL if this kernel has none.
static FILE *open_list(const char *file)
{
    int descriptor = open_tracing(file, 0);
    FILE *list = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    if (list == NULL && descriptor >= 0)
        close(descriptor);
    return list;
}

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };

/// Whether a line of the list is `word` or begins with it and a blank. Closes the list. An empty list proves nothing.
static enum answer find_first_word(FILE *list, const char *word)
{
    char line[512];
    size_t length = strlen(word);
    enum answer answer = ANSWER_UNKNOWN;
    if (list == NULL)
        return ANSWER_UNKNOWN;
    while (answer != ANSWER_YES && fgets(line, sizeof(line), list) != NULL)
        answer = strncmp(line, word, length) == 0 && strchr(" \t\n", line[length]) != NULL ? ANSWER_YES : ANSWER_NO;
    fclose(list);
    return answer;
}

/// Searches lines such as `0xffffffff81000000-0xffffffff81000010\tname`.
static enum answer is_blacklisted(const char *symbol)
{
    char line[512];
    size_t length = strlen(symbol);
    enum answer answer = ANSWER_UNKNOWN;
    FILE *list = fopen("/sys/kernel/debug/kprobes/blacklist", "re");
    while (list != NULL && answer != ANSWER_YES && fgets(line, sizeof(line), list) != NULL) {
        const char *name = strchr(line, '\t');
        answer = name != NULL && strncmp(name + 1, symbol, length) == 0 && name[1 + length] == '\n' ? ANSWER_YES
                                                                                                    : ANSWER_NO;
    }
    if (list != NULL)
        fclose(list);
    return answer;
}

/// What /proc/kallsyms lists under a name.
struct symbols {
    enum answer is_there;
    /// The compiler's variants, `name.isra.0, name.part.1`; empty for none.
    char variants[512];
};

static void add_variant(struct symbols *symbols, const char *name)
{
    size_t length = strlen(symbols->variants);
    // The cold part of a function is not its entry.
    if (strstr(name, ".cold") == NULL)
        snprintf(symbols->variants + length, sizeof(symbols->variants) - length, "%s%s", length ? ", " : "", name);
}

static struct symbols look_up(const char *symbol)
{
    char line[512], name[384], type;
    size_t length = strlen(symbol);
    struct symbols found = {.is_there = ANSWER_UNKNOWN};
    FILE *list = fopen("/proc/kallsyms", "re");
    while (list != NULL && fgets(line, sizeof(line), list) != NULL) {
        if (found.is_there == ANSWER_UNKNOWN)
            found.is_there = ANSWER_NO;
        if (strstr(line, symbol) == NULL || sscanf(line, "%*s %c %383s", &type, name) != 2 ||
            strchr("tTwW", type) == NULL || strncmp(name, symbol, length) != 0)
            continue;
        if (name[length] == '\0')
            found.is_there = ANSWER_YES;
        else if (name[length] == '.')
            add_variant(&found, name);
    }
    if (list != NULL)
        fclose(list);
    return found;
}

struct finding ask_about_function(const char *symbol, int replaces_result)
{
    if (symbol[0] == '\0')
        return nothing_found;
    enum answer is_traceable = find_first_word(open_list("available_filter_functions"), symbol);
    if (is_traceable == ANSWER_YES) {
        FILE *list = replaces_result ? fopen("/sys/kernel/debug/error_injection/list", "re") : NULL;
        // A kernel with an empty list allows it nowhere.
        int is_known = list != NULL;
        return is_known && find_first_word(list, symbol) != ANSWER_YES ? FINDING(NOT_ERROR_INJECTABLE, symbol)
                                                                       : nothing_found;
    }
    struct symbols symbols = look_up(symbol);
    if (symbols.is_there == ANSWER_UNKNOWN)
        return nothing_found;
    if (symbols.is_there == ANSWER_NO)
        return symbols.variants[0] != '\0' ? FINDING(SYMBOL_RENAMED, symbol, symbols.variants)
                                           : FINDING(SYMBOL_ABSENT, symbol);
    if (is_blacklisted(symbol) == ANSWER_YES || is_traceable == ANSWER_NO)
        return FINDING(SYMBOL_NOT_TRACEABLE, symbol);
    return nothing_found;
}

/// The tracepoint's number for perf_event_open(); negative if there is no such tracepoint.
static long tracepoint_number(const char *place)
{
    char path[256], line[32] = "";
    snprintf(path, sizeof(path), "events/%s/id", place);
    FILE *file = open_list(path);
    long number = file != NULL && fgets(line, sizeof(line), file) != NULL ? atol(line) : -1;
    if (file != NULL)
        fclose(file);
    return number;
}

/// Where the last field of the tracepoint's record ends, according to its format file; 0 if unknown.
static unsigned record_bytes(const char *place)
{
    char path[256], line[512];
    unsigned end = 0, offset, size;
    snprintf(path, sizeof(path), "events/%s/format", place);
    FILE *file = open_list(path);
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *place_of_field = strstr(line, "offset:");
        if (place_of_field != NULL && sscanf(place_of_field, "offset:%u; size:%u", &offset, &size) == 2 &&
            offset + size > end)
            end = offset + size;
    }
    if (file != NULL)
        fclose(file);
    return end;
}

/// Whether a program that reads nothing attaches to the tracepoint.
static int takes_program_that_reads_nothing(long number)
{
    static const struct bpf_insn instructions[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = BPF_PROG_TYPE_TRACEPOINT;
    attributes.insns = (uintptr_t)instructions;
    attributes.insn_cnt = 2;
    attributes.license = (uintptr_t)"GPL";
    struct perf_event_attr event_attributes = {
        .type = PERF_TYPE_TRACEPOINT, .size = PERF_ATTR_SIZE_VER0, .config = number, .sample_period = 1};
    int program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, offsetof(union bpf_attr, kern_version));
    int event = syscall(SYS_perf_event_open, &event_attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    int takes = program >= 0 && event >= 0 && ioctl(event, PERF_EVENT_IOC_SET_BPF, program) == 0;
    if (event >= 0)
        close(event);
    if (program >= 0)
        close(program);
    return takes;
}

struct finding ask_about_tracepoint(const char *place, int error)
{
    long number = tracepoint_number(place);
    if (number < 0)
        return FINDING(TRACEPOINT_ABSENT, place);
    if (error == -EACCES && takes_program_that_reads_nothing(number))
        return FINDING(RECORD_EXCEEDED, place, NUMBER(record_bytes(place)));
    return nothing_found;
}

int calls_override(const void *instructions, size_t count)
{
    const struct bpf_insn *instruction = instructions;
    for (size_t i = 0; i < count; i++)
        if (instruction[i].code == (BPF_JMP | BPF_CALL) && instruction[i].src_reg == 0 &&
            instruction[i].imm == BPF_FUNC_override_return)
            return 1;
    return 0;
}
