#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../kit/load_log.h"
#include "../../kit/residency.h"
#include "loader.h"

/// Loads an object that uses common features.
/// libbpf probes the kernel once per process, and a child inherits the results: that saves 0.1 s per load under TCG.
static void warm_up(void)
{
    extern const char warm_up_object[], warm_up_object_end[];
    learn_log_levels();
    learn_kernel_btf();
    index_kernel_btf();
    struct bpf_object *object = bpf_object__open_mem(warm_up_object, warm_up_object_end - warm_up_object, NULL);
    if (object != NULL) {
        // This may fail, for example on a kernel without BTF; the results are cached nevertheless.
        bpf_object__load(object);
        bpf_object__close(object);
    }
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level, (void)format, (void)arguments;
    return 0;
}

static void serve(const struct resident_request *request)
{
    struct plan plan;
    struct finding problem;
#ifndef OBJECTS_ONLY
    if (request->object[0] == '\0') {
        examine_kernel(request->cell);
        return;
    }
#endif
    if (request->plan[0] == '\0')
        load_object(request->cell, request->object, NULL);
    else if (read_plan(request->plan, &plan, &problem))
        load_object(request->cell, request->object, &plan);
    else
        end_unmeasured(request->cell, problem);
}

static int load_once(char **arguments)
{
    struct resident_request request = {.cell = strtoul(arguments[1], NULL, 10)};
    snprintf(request.object, sizeof(request.object), "%s", arguments[2]);
    snprintf(request.plan, sizeof(request.plan), "%s", arguments[3]);
    fcntl(CMX_LOADER_FD, F_SETFD, FD_CLOEXEC);
    report_to(CMX_LOADER_FD);
    learn_log_levels();
    learn_kernel_btf();
    serve(&request);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("libbpf " LIBBPF_VERSION);
        return 0;
    }
    libbpf_set_print(say_nothing);
    if (argc == 4)
        return load_once(argv);
    if (argc != 2 || strcmp(argv[1], CMX_RESIDENT_ARGUMENT) != 0) {
        fprintf(stderr, "usage: loader-libbpf --version | CELL OBJECT PLAN | " CMX_RESIDENT_ARGUMENT "\n");
        return 64;
    }
    warm_up();
    serve_cells(learn_new_btf, serve);
    return 0;
}
