/// elfutils 0.192 (Debian 13 and Debian 12's backports) left the tree functions that libelf.a needs out of every static
/// archive: sourceware bug 32293, "undefined reference to `eu_search_tree_init'". They serve elf_getdata_rawchunk(),
/// which libbpf never calls. Weak, so that an archive that has them wins.
#include <search.h>
#include <stddef.h>

/// The first member of elfutils' `search_tree`, the only one used here; a lock follows, and this program has one thread.
struct search_tree {
    void *root;
};

typedef int compare_keys(const void *, const void *);

__attribute__((weak)) void eu_search_tree_init(struct search_tree *tree)
{
    tree->root = NULL;
}

__attribute__((weak)) void eu_search_tree_fini(struct search_tree *tree, void (*free_node)(void *))
{
    tdestroy(tree->root, free_node);
}

__attribute__((weak)) void *eu_tsearch(const void *key, struct search_tree *tree, compare_keys *compare)
{
    return tsearch(key, &tree->root, compare);
}

__attribute__((weak)) void *eu_tdelete(const void *key, struct search_tree *tree, compare_keys *compare)
{
    return tdelete(key, &tree->root, compare);
}
