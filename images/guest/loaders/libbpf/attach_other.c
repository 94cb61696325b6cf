/// Attaches programs to cgroups and perf events, and iterators.
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../kit/namespaces.h"
#include "messages.h"
#include "stages.h"

static enum bpf_attach_type cgroup_attach_type(const struct bpf_program *program)
{
    // The program's own type may have been dropped for a kernel that lacks it.
    enum bpf_attach_type type;
    if (libbpf_attach_type_by_name(bpf_program__section_name(program), &type) == 0)
        return type;
    return bpf_program__expected_attach_type(program);
}

int attach_to_cgroup(struct bpf_program *program, const char *target)
{
    const char *path = target != NULL ? target : isolate_cgroup();
    int cgroup = path == NULL ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cgroup < 0) {
        keep_finding(FINDING(CGROUP_UNOPENABLE, path == NULL ? "" : path, strerror(errno)));
        return ATTACH_UNMEASURABLE;
    }
    struct message_mark mark = mark_messages();
    int error = keep_link(bpf_program__attach_cgroup(program, cgroup));
    // Links came with 5.7.
    if (error == -EINVAL) {
        forget_messages(mark);
        error = bpf_prog_attach(bpf_program__fd(program), cgroup, cgroup_attach_type(program), 0);
    }
    close(cgroup);
    return error;
}

static const struct perf_event_name {
    const char *name;
    uint32_t type;
    uint64_t config;
    /// In events; for clocks, per second.
    uint64_t sample;
    int is_frequency;
} perf_event_names[] = {
    {"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 100, 1},
    {"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 100, 1},
    {"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 1, 0},
    {"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, 1, 0},
    {"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1, 0},
    {"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, 1, 0},
    {"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, 1, 0},
    {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 100000, 0},
    {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 100000, 0},
};

int attach_perf_event(struct bpf_program *program, const char *target)
{
    const struct perf_event_name *event = NULL;
    for (size_t i = 0; i < sizeof(perf_event_names) / sizeof(perf_event_names[0]) && event == NULL; i++)
        if (target == NULL || strcmp(perf_event_names[i].name, target) == 0)
            event = &perf_event_names[i];
    if (event == NULL) {
        keep_finding(FINDING(PERF_EVENT_UNKNOWN, target));
        return ATTACH_UNMEASURABLE;
    }
    struct perf_event_attr attributes = {
        .size = sizeof(attributes),
        .type = event->type,
        .config = event->config,
        .sample_period = event->sample,
        .freq = event->is_frequency,
    };
    // A guest has one processor.
    int descriptor = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    if (descriptor < 0) {
        keep_finding(FINDING(PERF_EVENT_MISSING, event->name, strerror(errno)));
        return ATTACH_UNMEASURABLE;
    }
    return keep_link(bpf_program__attach_perf_event(program, descriptor));
}

static struct bpf_link *iterator;

struct bpf_link *iterator_link(void)
{
    return iterator;
}

int attach_iterator(struct bpf_object *object, struct bpf_program *program, const char *target)
{
    union bpf_iter_link_info info = {0};
    LIBBPF_OPTS(bpf_iter_attach_opts, options);
    if (target != NULL) {
        struct bpf_map *map = bpf_object__find_map_by_name(object, target);
        if (map == NULL) {
            keep_finding(FINDING(ITERATOR_MAP_MISSING, target));
            return ATTACH_UNMEASURABLE;
        }
        info.map.map_fd = bpf_map__fd(map);
        options.link_info = &info;
        options.link_info_len = sizeof(info);
    }
    struct bpf_link *link = bpf_program__attach_iter(program, &options);
    int error = keep_link(link);
    iterator = iterator == NULL ? link : iterator;
    return error;
}
