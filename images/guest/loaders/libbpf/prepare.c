/// Prepares an object so that one of its programs loads alone as it would among the others.
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../kit/external_btf.h"
#include "loader.h"
#include "messages.h"

/// BPF_MAP_TYPE_CGRP_STORAGE came with Linux 6.2, after the headers of Debian 12.
#define TYPE_CGRP_STORAGE 32

/// The log buffer of programs that libbpf loads even if deselected: those of a struct_ops map that is created.
static char bystander[4];

static int wants_size(const struct bpf_map *map)
{
    switch ((int)bpf_map__type(map)) {
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_CGROUP_STORAGE:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
    case TYPE_CGRP_STORAGE:
    case BPF_MAP_TYPE_STRUCT_OPS:
        return 0;
    default:
        return bpf_map__max_entries(map) == 0;
    }
}

/// libbpf up to 1.7 cannot change the definition of an inner map, but accepts an existing map in its place.
static void size_inner_map(struct bpf_map *outer)
{
    const struct bpf_map *inner = bpf_map__inner_map(outer);
    if (inner == NULL || !wants_size(inner))
        return;
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = bpf_map__map_flags(inner));
    int map = bpf_map_create(bpf_map__type(inner), NULL, bpf_map__key_size(inner), bpf_map__value_size(inner), 1,
                             &options);
    if (map >= 0)
        bpf_map__set_inner_map_fd(outer, map);
}

int lacks_size(const struct bpf_object *object, enum bpf_map_type type)
{
    struct bpf_map *map;
    bpf_object__for_each_map(map, object) if (bpf_map__type(map) == type && wants_size(map)) return 1;
    return 0;
}

/// What the plan sets of that map; NULL for nothing.
static const struct plan_map *settings_of(const struct bpf_map *map, const struct plan *plan)
{
    for (size_t i = 0; i < plan->map_count; i++)
        if (strcmp(plan->maps[i].name, bpf_map__name(map)) == 0)
            return &plan->maps[i];
    return NULL;
}

void report_sized_maps(uint32_t cell, struct bpf_object *object, const struct plan *plan)
{
    struct bpf_map *map;
    if (plan == NULL || !plan->sizes_maps)
        return;
    bpf_object__for_each_map(map, object)
    {
        const struct plan_map *settings = settings_of(map, plan);
        const struct bpf_map *inner = bpf_map__inner_map(map);
        if (wants_size(map) && (settings == NULL || settings->max_entries == 0))
            report_finding(cell, CMX_WHOLE_OBJECT, FINDING(MAP_SIZED, bpf_map__name(map)));
        if (inner != NULL && wants_size(inner) && (settings == NULL || settings->inner_type == 0))
            report_finding(cell, CMX_WHOLE_OBJECT, FINDING(MAP_SIZED, bpf_map__name(inner)));
    }
}

static int has_inner_map(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS || bpf_map__type(map) == BPF_MAP_TYPE_HASH_OF_MAPS;
}

void check_map_settings(uint32_t cell, const struct bpf_object *object, const struct plan *plan)
{
    for (size_t i = 0; plan != NULL && i < plan->map_count; i++) {
        const struct plan_map *settings = &plan->maps[i];
        const struct bpf_map *map = bpf_object__find_map_by_name(object, settings->name);
        if (map == NULL)
            end_unmeasured(cell, FINDING(MAP_NOT_FOUND, "libbpf", settings->name));
        if (settings->inner_type != 0 && !has_inner_map(map))
            end_unmeasured(cell, FINDING(INNER_MAP_UNUSABLE, settings->name));
    }
}

/// Creates the inner map as an application does before the load. libbpf leaves the descriptor open.
static int set_inner_map(struct bpf_map *outer, const struct plan_map *settings)
{
    int map = bpf_map_create(settings->inner_type, NULL, settings->inner_key_size, settings->inner_value_size,
                             settings->inner_max_entries, NULL);
    if (map >= 0)
        return bpf_map__set_inner_map_fd(outer, map);
    int error = -errno;
    keep_finding(FINDING(INNER_MAP_REJECTED, bpf_map__name(outer), strerror(-error)));
    return error;
}

static int set_map(struct bpf_map *map, const struct plan_map *settings)
{
    int error = 0;
    if (settings->max_entries != 0)
        error = bpf_map__set_max_entries(map, settings->max_entries);
    if (error == 0 && settings->pin != NULL)
        error = bpf_map__set_pin_path(map, settings->pin);
    if (error == 0 && settings->inner_type != 0)
        error = set_inner_map(map, settings);
    return error;
}

static void size_maps(struct bpf_object *object)
{
    struct bpf_map *map;
    bpf_object__for_each_map(map, object)
    {
        if (wants_size(map))
            bpf_map__set_max_entries(map, 1);
        size_inner_map(map);
    }
}

int set_maps(struct bpf_object *object, const struct plan *plan)
{
    if (plan == NULL)
        return 0;
    make_pin_folders(plan);
    for (size_t i = 0; i < plan->map_count; i++) {
        int error = set_map(bpf_object__find_map_by_name(object, plan->maps[i].name), &plan->maps[i]);
        if (error)
            return error;
    }
    if (plan->sizes_maps)
        size_maps(object);
    return 0;
}

struct bpf_object *open_object(const char *path)
{
    LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = external_btf());
    return bpf_object__open_file(path, &options);
}

struct bpf_program *select_program(struct bpf_object *object, uint32_t index)
{
    struct bpf_program *program, *selected = NULL;
    uint32_t position = 0;
    bpf_object__for_each_program(program, object)
    {
        bpf_program__set_autoload(program, position == index);
        if (position++ == index)
            selected = program;
        else
            bpf_program__set_log_buf(program, bystander, sizeof(bystander));
    }
    return selected;
}

int is_bystander(const struct bpf_prog_load_opts *options)
{
    return options != NULL && options->log_buf == bystander;
}

int load_bystander(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/// Whether `function`, an id in the object's BTF, is part of the loaded program.
static int has_function(int program, __u32 function)
{
    struct bpf_func_info functions[256];
    struct bpf_prog_info info = {
        .func_info = (uintptr_t)functions, .nr_func_info = 256, .func_info_rec_size = sizeof(functions[0])};
    __u32 length = sizeof(info);
    if (bpf_obj_get_info_by_fd(program, &info, &length) != 0)
        return 0;
    for (__u32 i = 0; i < info.nr_func_info && i < 256; i++)
        if (functions[i].type_id == function)
            return 1;
    return 0;
}

/// Loads the first program of the object at `path` with a function of that name, and returns the object.
static struct bpf_object *load_program_with(const char *function, const char *path, const struct plan *plan,
                                            int *target)
{
    struct bpf_object *object;
    struct bpf_program *program;
    for (uint32_t index = 0; (object = open_object(path)) != NULL; index++) {
        program = select_program(object, index);
        int number = btf__find_by_name_kind(bpf_object__btf(object), function, BTF_KIND_FUNC);
        if (program == NULL || number < 0)
            break;
        if (bpf_program__type(program) != BPF_PROG_TYPE_EXT && set_maps(object, plan) == 0 &&
            bpf_object__load(object) == 0 && has_function(bpf_program__fd(program), number)) {
            *target = bpf_program__fd(program);
            return object;
        }
        bpf_object__close(object);
    }
    bpf_object__close(object);
    return NULL;
}

/// A program that replaces a function needs the program with that function loaded first.
/// If the object does not have it, libbpf reports that.
struct bpf_object *load_target(struct bpf_program *program, const char *path, const struct plan *plan)
{
    const char *function = strchr(bpf_program__section_name(program), '/');
    if (bpf_program__type(program) != BPF_PROG_TYPE_EXT || function == NULL)
        return NULL;
    int target;
    libbpf_print_fn_t keep = libbpf_set_print(NULL);
    struct bpf_object *object = load_program_with(function + 1, path, plan, &target);
    libbpf_set_print(keep);
    if (object != NULL)
        bpf_program__set_attach_target(program, target, function + 1);
    return object;
}
