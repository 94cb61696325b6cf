/// Wraps libbpf's access to the BTF of the kernel and its modules (`ld --wrap`), so that one process parses and indexes
/// it once for all cells, which are its children. libbpf gets the same answers.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../kit/external_btf.h"
#include "loader.h"

struct btf *__real_btf__parse(const char *path, struct btf_ext **extension);
struct btf *__real_btf__load_vmlinux_btf(void);
int __real_btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind);
struct btf *__real_btf_get_from_fd(int descriptor, struct btf *base);
void __real_btf__free(struct btf *);

static struct btf *kernel_btf;
/// The BTF to read in its place if the kernel has none. libbpf uses it only to relocate programs.
static struct btf *substitute;

/// A hash table with linear probing of the named types of `btf`, by id; 0 marks a free slot.
/// Of types with the same name, it finds the one with the lowest id first, as libbpf does.
static struct {
    const struct btf *btf;
    __u32 *types;
    /// The number of slots, which is a power of two, minus one.
    uint32_t mask;
} names;

/// More modules than the cells of one guest use.
#define MOST_MODULES 64

/// The BTF of modules, and the kernel's ids for it.
static struct {
    __u32 ids[MOST_MODULES];
    struct btf *btf[MOST_MODULES];
    size_t count;
    /// The highest id that was examined, of any BTF.
    __u32 last;
} modules;

/// FNV-1a.
static uint32_t hash(const char *name)
{
    uint32_t value = 2166136261u;
    for (; *name != '\0'; name++)
        value = (value ^ (unsigned char)*name) * 16777619u;
    return value;
}

void learn_kernel_btf(void)
{
    kernel_btf = __real_btf__load_vmlinux_btf();
}

static const char *name_of(__u32 type)
{
    return btf__name_by_offset(names.btf, btf__type_by_id(names.btf, type)->name_off);
}

static void index_names(const struct btf *btf)
{
    __u32 count = btf == NULL ? 0 : btf__type_cnt(btf);
    uint32_t slots = 1;
    while (slots < 2 * count)
        slots *= 2;
    names.types = count == 0 ? NULL : calloc(slots, sizeof(names.types[0]));
    if (names.types == NULL)
        return;
    names.btf = btf;
    names.mask = slots - 1;
    for (__u32 type = 1; type < count; type++) {
        const char *name = name_of(type);
        if (name == NULL || *name == '\0')
            continue;
        uint32_t slot = hash(name) & names.mask;
        while (names.types[slot] != 0)
            slot = (slot + 1) & names.mask;
        names.types[slot] = type;
    }
}

void index_kernel_btf(void)
{
    index_names(kernel_btf);
}

static void learn_external_btf(void)
{
    if (kernel_btf != NULL || substitute != NULL || external_btf() == NULL)
        return;
    substitute = __real_btf__parse(external_btf(), NULL);
    index_names(substitute);
}

struct btf *__wrap_btf__parse(const char *path, struct btf_ext **extension)
{
    if (substitute != NULL && path != NULL && strcmp(path, CMX_EXTERNAL_BTF) == 0)
        return substitute;
    return __real_btf__parse(path, extension);
}

int __wrap_btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind)
{
    // "void" has id 0 in every BTF, and no name.
    if (btf != names.btf || names.types == NULL || strcmp(name, "void") == 0)
        return __real_btf__find_by_name_kind(btf, name, kind);
    for (uint32_t slot = hash(name) & names.mask; names.types[slot] != 0; slot = (slot + 1) & names.mask) {
        __u32 type = names.types[slot];
        if (btf_kind(btf__type_by_id(btf, type)) == kind && strcmp(name_of(type), name) == 0)
            return type;
    }
    errno = ENOENT;
    return -ENOENT;
}

/// The kernel's id of a module's BTF; 0 for any other BTF.
static __u32 module_id(int descriptor)
{
    char name[64] = "";
    struct bpf_btf_info info = {.name = (uintptr_t)name, .name_len = sizeof(name)};
    __u32 length = sizeof(info);
    if (bpf_obj_get_info_by_fd(descriptor, &info, &length) != 0)
        return 0;
    return info.kernel_btf && strcmp(name, "vmlinux") != 0 ? info.id : 0;
}

static void learn_module_btf(void)
{
    while (kernel_btf != NULL && bpf_btf_get_next_id(modules.last, &modules.last) == 0) {
        int descriptor = bpf_btf_get_fd_by_id(modules.last);
        if (descriptor < 0)
            continue;
        struct btf *btf = NULL;
        if (modules.count < MOST_MODULES && module_id(descriptor) != 0)
            btf = __real_btf_get_from_fd(descriptor, kernel_btf);
        close(descriptor);
        if (btf == NULL)
            continue;
        modules.ids[modules.count] = modules.last;
        modules.btf[modules.count++] = btf;
    }
}

void learn_new_btf(void)
{
    learn_external_btf();
    learn_module_btf();
}

struct btf *__wrap_btf_get_from_fd(int descriptor, struct btf *base)
{
    __u32 id = modules.count > 0 && base == kernel_btf ? module_id(descriptor) : 0;
    for (size_t i = 0; i < modules.count; i++)
        if (modules.ids[i] == id)
            return modules.btf[i];
    return __real_btf_get_from_fd(descriptor, base);
}

struct btf *__wrap_btf__load_vmlinux_btf(void)
{
    return kernel_btf ? kernel_btf : __real_btf__load_vmlinux_btf();
}

static int is_kept(const struct btf *btf)
{
    if (btf == kernel_btf || btf == substitute)
        return 1;
    for (size_t i = 0; i < modules.count; i++)
        if (btf == modules.btf[i])
            return 1;
    return 0;
}

void __wrap_btf__free(struct btf *btf)
{
    if (!is_kept(btf))
        __real_btf__free(btf);
}
