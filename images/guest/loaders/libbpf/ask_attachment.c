#include <string.h>

#include "../../kit/ask_target.h"
#include "ask.h"
#include "stages.h"

/// The part of the program's section after the first slash; empty if there is none.
static const char *section_target(const struct bpf_program *program)
{
    const char *slash = strchr(bpf_program__section_name(program), '/');
    return slash == NULL ? "" : slash + 1;
}

static int is_in_one_of(const struct bpf_program *program, const char *const *sections)
{
    for (; *sections != NULL; sections++)
        if (is_in_section(program, *sections))
            return 1;
    return 0;
}

static struct finding ask_about_symbol(const struct bpf_program *program, const char *target)
{
    char symbol[256];
    size_t length = strcspn(target, "+");
    if (strpbrk(target, "*?/") != NULL || length >= sizeof(symbol))
        return (struct finding){0};
    memcpy(symbol, target, length);
    symbol[length] = '\0';
    return ask_about_function(symbol, calls_override(bpf_program__insns(program), bpf_program__insn_cnt(program)));
}

struct finding ask_about_attachment(const struct bpf_program *program, const char *target, int error)
{
    static const char *const functions[] = {
        "kprobe", "kretprobe", "kprobe.multi", "kretprobe.multi", "fentry", "fentry.s", "fexit", "fexit.s", NULL};
    static const char *const tracepoints[] = {"tp", "tracepoint", NULL};
    const char *place = target != NULL ? target : section_target(program);
    if (is_in_one_of(program, functions))
        return ask_about_symbol(program, place);
    return is_in_one_of(program, tracepoints) ? ask_about_tracepoint(place, error) : (struct finding){0};
}
