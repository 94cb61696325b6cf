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
int __real_btf__find_by_name_kind_own(const struct btf *btf, const char *name, __u32 kind);
const char *__real_btf__str_by_offset(const struct btf *btf, __u32 offset);
__u32 __real_btf__type_cnt(const struct btf *btf);
struct btf *__real_btf_get_from_fd(int descriptor, struct btf *base);
void __real_btf__free(struct btf *);
/// The length of a type's name without its flavor, `___` and what follows. Internal to libbpf.
size_t bpf_core_essential_name_len(const char *name);

static struct btf *kernel_btf;
/// The BTF to read in its place if the kernel has none. libbpf uses it only to relocate programs.
static struct btf *substitute;

/// A hash table with linear probing of the named types that `btf` adds to its base, by id; 0 marks a free slot.
/// A hash omits the flavor of a name, so one search finds all types that CO-RE treats as the same, lowest id first.
struct type_index {
    struct btf *btf;
    /// NULL if there is no memory for the table.
    __u32 *types;
    /// The number of slots, which is a power of two, minus one.
    uint32_t mask;
};

/// The index of `kernel_btf` or `substitute`.
static struct type_index base_index;

/// More modules than the cells of one guest use.
#define MOST_MODULES 64

/// The BTF of modules, indexed, and the kernel's ids for it.
static struct {
    __u32 ids[MOST_MODULES];
    struct type_index indexes[MOST_MODULES];
    size_t count;
    /// The highest id that was examined, of any BTF.
    __u32 last;
} modules;

/// FNV-1a.
static uint32_t hash(const char *name, size_t length)
{
    uint32_t value = 2166136261u;
    for (size_t i = 0; i < length; i++)
        value = (value ^ (unsigned char)name[i]) * 16777619u;
    return value;
}

void learn_kernel_btf(void)
{
    kernel_btf = __real_btf__load_vmlinux_btf();
}

static const char *name_of(const struct btf *btf, __u32 type)
{
    return btf__name_by_offset(btf, btf__type_by_id(btf, type)->name_off);
}

/// Where the search for types of this name, with any flavor, begins.
static uint32_t first_slot(const struct type_index *index, const char *name)
{
    return hash(name, bpf_core_essential_name_len(name)) & index->mask;
}

static uint32_t next_slot(const struct type_index *index, uint32_t slot)
{
    return (slot + 1) & index->mask;
}

/// Indexes the types from number `first` on.
static struct type_index index_names(struct btf *btf, __u32 first)
{
    struct type_index index = {.btf = btf};
    __u32 end = btf == NULL ? 0 : __real_btf__type_cnt(btf);
    uint32_t slots = 1;
    while (end > first && slots < 2 * (end - first))
        slots *= 2;
    index.types = end > first ? calloc(slots, sizeof(index.types[0])) : NULL;
    if (index.types == NULL)
        return index;
    index.mask = slots - 1;
    for (__u32 type = first; type < end; type++) {
        const char *name = name_of(btf, type);
        if (name == NULL || *name == '\0')
            continue;
        uint32_t slot = first_slot(&index, name);
        while (index.types[slot] != 0)
            slot = next_slot(&index, slot);
        index.types[slot] = type;
    }
    return index;
}

static const struct type_index *index_of(const struct btf *btf)
{
    if (base_index.types != NULL && base_index.btf == btf)
        return &base_index;
    for (size_t i = 0; i < modules.count; i++)
        if (modules.indexes[i].types != NULL && modules.indexes[i].btf == btf)
            return &modules.indexes[i];
    return NULL;
}

void index_kernel_btf(void)
{
    base_index = index_names(kernel_btf, 1);
}

static void learn_external_btf(void)
{
    if (kernel_btf != NULL || substitute != NULL || external_btf() == NULL)
        return;
    substitute = __real_btf__parse(external_btf(), NULL);
    base_index = index_names(substitute, 1);
}

struct btf *__wrap_btf__parse(const char *path, struct btf_ext **extension)
{
    if (substitute != NULL && path != NULL && strcmp(path, CMX_EXTERNAL_BTF) == 0)
        return substitute;
    return __real_btf__parse(path, extension);
}

static int find_type(const struct type_index *index, const char *name, __u32 kind)
{
    for (uint32_t slot = first_slot(index, name); index->types[slot] != 0; slot = next_slot(index, slot)) {
        __u32 type = index->types[slot];
        if (btf_kind(btf__type_by_id(index->btf, type)) == kind && strcmp(name_of(index->btf, type), name) == 0)
            return type;
    }
    errno = ENOENT;
    return -ENOENT;
}

/// Whether the index has the answer: "void" has id 0 in every BTF, and no name.
static int is_indexed(const struct type_index *index, const char *name)
{
    return index != NULL && strcmp(name, "void") != 0;
}

int __wrap_btf__find_by_name_kind_own(const struct btf *btf, const char *name, __u32 kind)
{
    const struct type_index *index = index_of(btf);
    return is_indexed(index, name) ? find_type(index, name, kind) : __real_btf__find_by_name_kind_own(btf, name, kind);
}

int __wrap_btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind)
{
    const struct btf *base = btf__base_btf(btf);
    if (base == NULL)
        return __wrap_btf__find_by_name_kind_own(btf, name, kind);
    if (!is_indexed(index_of(btf), name) || !is_indexed(index_of(base), name))
        return __real_btf__find_by_name_kind(btf, name, kind);
    int found = find_type(index_of(base), name, kind);
    return found > 0 ? found : find_type(index_of(btf), name, kind);
}

/// The name for which libbpf's bpf_core_add_cands is about to search all types of a BTF for candidates. Before the
/// search, it reads the name from the object's BTF, and then the number of types, which is where the search ends.
static const char *wanted;

const char *__wrap_btf__str_by_offset(const struct btf *btf, __u32 offset)
{
    const char *string = __real_btf__str_by_offset(btf, offset);
    wanted = index_of(btf) == NULL ? string : NULL;
    return string;
}

/// Returns the number of types; before a search for candidates, only up to the last type that can be one.
__u32 __wrap_btf__type_cnt(const struct btf *btf)
{
    const char *name = wanted;
    const struct type_index *index = name == NULL ? NULL : index_of(btf);
    wanted = NULL;
    if (index == NULL)
        return __real_btf__type_cnt(btf);
    __u32 last = 0;
    size_t length = bpf_core_essential_name_len(name);
    for (uint32_t slot = first_slot(index, name); index->types[slot] != 0; slot = next_slot(index, slot))
        if (index->types[slot] > last && strncmp(name_of(btf, index->types[slot]), name, length) == 0)
            last = index->types[slot];
    return last + 1;
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
        modules.indexes[modules.count++] = index_names(btf, __real_btf__type_cnt(kernel_btf));
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
            return modules.indexes[i].btf;
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
        if (btf == modules.indexes[i].btf)
            return 1;
    return 0;
}

void __wrap_btf__free(struct btf *btf)
{
    if (!is_kept(btf))
        __real_btf__free(btf);
}
