/// Attaches probes to functions of the kernel and of programs.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "messages.h"
#include "stages.h"

/// From Linux 5.18 and 6.6; the headers of older distributions lack the second.
#define ATTACH_KPROBE_MULTI 42
#define ATTACH_UPROBE_MULTI 48
#define ATTACH_KPROBE_SESSION 56

/// `symbol[+offset]`; the symbol may be a number.
struct place {
    char symbol[256];
    unsigned long offset;
};

static struct place parse_place(const char *text)
{
    struct place place = {.offset = 0};
    const char *plus = strchr(text, '+');
    size_t length = plus == NULL ? strlen(text) : (size_t)(plus - text);
    if (length >= sizeof(place.symbol))
        length = sizeof(place.symbol) - 1;
    memcpy(place.symbol, text, length);
    if (plus != NULL)
        place.offset = strtoul(plus + 1, NULL, 0);
    char *end;
    unsigned long number = strtoul(place.symbol, &end, 0);
    if (place.symbol[0] != '\0' && *end == '\0') {
        place.offset += number;
        place.symbol[0] = '\0';
    }
    return place;
}

static int is_return_probe(const struct bpf_program *program)
{
    const char *section = bpf_program__section_name(program);
    return strncmp(section + (section[0] == '?'), "kret", 4) == 0 ||
           strncmp(section + (section[0] == '?'), "uret", 4) == 0;
}

static int attach_kprobe(struct bpf_program *program, const char *target)
{
    struct place place = parse_place(target);
    LIBBPF_OPTS(bpf_kprobe_opts, options, .offset = place.offset, .retprobe = is_return_probe(program));
    return keep_link(bpf_program__attach_kprobe_opts(program, place.symbol, &options));
}

/// A target without a pattern is one symbol, so libbpf need not read all symbols of the kernel.
static int attach_kprobe_multi(struct bpf_program *program, const char *target)
{
    LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .retprobe = is_return_probe(program));
    if (strpbrk(target, "*?") != NULL)
        return keep_link(bpf_program__attach_kprobe_multi_opts(program, target, &options));
    options.syms = &target;
    options.cnt = 1;
    return keep_link(bpf_program__attach_kprobe_multi_opts(program, NULL, &options));
}

/// `target` is `/path:symbol[+offset]`.
static int attach_uprobe(struct bpf_program *program, const char *target)
{
    char path[256];
    const char *colon = strchr(target, ':');
    size_t length = colon == NULL ? sizeof(path) : (size_t)(colon - target);
    if (length >= sizeof(path)) {
        keep_finding(FINDING(TARGET_NOT_PATH_AND_SYMBOL, target));
        return ATTACH_UNMEASURABLE;
    }
    memcpy(path, target, length);
    path[length] = '\0';
    if (bpf_program__expected_attach_type(program) == ATTACH_UPROBE_MULTI) {
        LIBBPF_OPTS(bpf_uprobe_multi_opts, options, .retprobe = is_return_probe(program));
        return keep_link(bpf_program__attach_uprobe_multi(program, -1, path, colon + 1, &options));
    }
    struct place place = parse_place(colon + 1);
    LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = is_return_probe(program),
                .func_name = place.symbol[0] == '\0' ? NULL : place.symbol);
    return keep_link(bpf_program__attach_uprobe_opts(program, -1, path, place.offset, &options));
}

/// The target in the program's section, if there is one.
static const char *section_target(const struct bpf_program *program)
{
    const char *slash = strchr(bpf_program__section_name(program), '/');
    return slash == NULL ? NULL : slash + 1;
}

int attach_probe(struct bpf_program *program, const char *target)
{
    int type = bpf_program__expected_attach_type(program);
    if (type == ATTACH_KPROBE_SESSION)
        return keep_link(bpf_program__attach(program));
    if (type == ATTACH_KPROBE_MULTI) {
        const char *symbols = target == NULL ? section_target(program) : target;
        return symbols == NULL ? -EINVAL : attach_kprobe_multi(program, symbols);
    }
    // libbpf handles everything else that a section may specify (ksyscall, usdt).
    if (target == NULL)
        return keep_link(bpf_program__attach(program));
    return target[0] == '/' ? attach_uprobe(program, target) : attach_kprobe(program, target);
}
