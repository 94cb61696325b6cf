/// The reference for the libbpf loader: loads the same object, one program at a time, with unmodified libbpf.
#include <errno.h>
#include <stdio.h>

#include "../loaders/libbpf/loader.h"

void learn_kernel_btf(void) {}

void index_kernel_btf(void) {}

void learn_new_btf(void) {}

void examine_kernel(uint32_t cell)
{
    (void)cell;
}

static void load_program(uint32_t cell, const char *path, uint32_t index)
{
    struct cmx_program report = {.cell = cell, .program = index, .stage = CMX_STAGE_LOAD, .log_complete = 1};
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    struct bpf_program *program;
    uint32_t position = 0;
    bpf_object__for_each_program(program, object)
    {
        int chosen = position++ == index;
        bpf_program__set_autoload(program, chosen);
        if (!chosen)
            continue;
        snprintf(report.name, sizeof(report.name), "%s", bpf_program__name(program));
    }
    report.error = bpf_object__load(object);
    report_program(&report);
    bpf_object__close(object);
}

void load_object(uint32_t cell, const char *path, const struct plan *plan)
{
    (void)plan;
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    if (object == NULL) {
        struct cmx_program report = {.cell = cell, .program = CMX_WHOLE_OBJECT, .error = -errno, .log_complete = 1};
        report_program(&report);
        return;
    }
    uint32_t count = 0;
    struct bpf_program *program;
    bpf_object__for_each_program(program, object) count++;
    bpf_object__close(object);
    for (uint32_t index = 0; index < count; index++)
        load_program(cell, path, index);
}
