#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../kit/files.h"
#include "messages.h"
#include "stages.h"

static struct bpf_link **links;
static size_t link_count;

int keep_link(struct bpf_link *link)
{
    if (link == NULL)
        return -errno;
    struct bpf_link **more = realloc(links, (link_count + 1) * sizeof(*more));
    if (more == NULL)
        return -ENOMEM;
    links = more;
    links[link_count++] = link;
    return 0;
}

void detach_all(void)
{
    while (link_count > 0)
        bpf_link__destroy(links[--link_count]);
}

int is_in_section(const struct bpf_program *program, const char *name)
{
    const char *section = bpf_program__section_name(program);
    size_t length = strlen(name);
    // "?": not loaded by default.
    section += section[0] == '?';
    return strncmp(section, name, length) == 0 && (section[length] == '/' || section[length] == '\0');
}

/// Whether the kernel needs the program's target at load: a name in its BTF.
static int has_load_target(const struct bpf_program *program, const char *target)
{
    switch ((int)bpf_program__type(program)) {
    case BPF_PROG_TYPE_TRACING:
        // The target of an iterator is the map that it iterates over.
        return !is_in_section(program, "iter");
    case BPF_PROG_TYPE_LSM:
        // An LSM program on a cgroup attaches to a path; its section names the hook.
        return target[0] != '/';
    default:
        return 0;
    }
}

int set_load_target(struct bpf_program *program, const char *target)
{
    if (target == NULL || !has_load_target(program, target))
        return 0;
    struct message_mark mark = mark_messages();
    int error = bpf_program__set_attach_target(program, 0, target);
    if (error && !has_messages_since(mark))
        keep_finding(FINDING(LOAD_TARGET_REFUSED, bpf_program__name(program), target, strerror(-error)));
    return error;
}

static int attach_tracepoint(struct bpf_program *program, const char *target)
{
    char category[128];
    const char *slash = strchr(target, '/');
    if (slash == NULL || (size_t)(slash - target) >= sizeof(category)) {
        keep_finding(FINDING(TARGET_NOT_CATEGORY_AND_NAME, target));
        return ATTACH_UNMEASURABLE;
    }
    memcpy(category, target, slash - target);
    category[slash - target] = '\0';
    return keep_link(bpf_program__attach_tracepoint(program, category, slash + 1));
}

/// Kernels before 5.7 have no list of security modules in securityfs that could contain `bpf`.
static void find_whether_lsm_is_active(void)
{
    char modules[512];
    if (!read_line("/sys/kernel/security/lsm", modules, sizeof(modules)))
        keep_finding(FINDING(LSM_UNKNOWN));
    else if (!is_listed(modules, "bpf"))
        keep_finding(FINDING(LSM_INACTIVE, modules));
}

static int attach_lsm(struct bpf_program *program, const char *target)
{
    if (bpf_program__expected_attach_type(program) == BPF_LSM_CGROUP)
        return attach_to_cgroup(program, target);
    find_whether_lsm_is_active();
    return keep_link(bpf_program__attach(program));
}

int attach_program(struct bpf_object *object, struct bpf_program *program, const char *target)
{
    switch ((int)bpf_program__type(program)) {
    case BPF_PROG_TYPE_KPROBE:
        return attach_probe(program, target);
    case BPF_PROG_TYPE_TRACEPOINT:
        return target == NULL ? keep_link(bpf_program__attach(program)) : attach_tracepoint(program, target);
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
        return keep_link(target == NULL ? bpf_program__attach(program)
                                        : bpf_program__attach_raw_tracepoint(program, target));
    case BPF_PROG_TYPE_TRACING:
        return is_in_section(program, "iter") ? attach_iterator(object, program, target)
                                              : keep_link(bpf_program__attach(program));
    case BPF_PROG_TYPE_LSM:
        return attach_lsm(program, target);
    case BPF_PROG_TYPE_PERF_EVENT:
        return attach_perf_event(program, target);
    case BPF_PROG_TYPE_XDP:
        return attach_xdp(program, target);
    case BPF_PROG_TYPE_SCHED_CLS:
        return attach_tc(program, target);
    case BPF_PROG_TYPE_SOCKET_FILTER:
        return attach_to_sockets(program);
    case BPF_PROG_TYPE_SK_LOOKUP:
    case BPF_PROG_TYPE_FLOW_DISSECTOR:
        return attach_to_network(program);
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_SOCK_OPS:
        return attach_to_cgroup(program, target);
    case BPF_PROG_TYPE_STRUCT_OPS:
        // Attached through its map.
        return 0;
    default:
        keep_finding(
            FINDING(TYPE_NOT_ATTACHABLE, "the libbpf loader", libbpf_bpf_prog_type_str(bpf_program__type(program))));
        return ATTACH_UNMEASURABLE;
    }
}

int attach_struct_ops(struct bpf_object *object)
{
    struct bpf_map *map;
    bpf_object__for_each_map(map, object)
    {
        if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
            continue;
        int error = keep_link(bpf_map__attach_struct_ops(map));
        if (error)
            return error;
    }
    return 0;
}
