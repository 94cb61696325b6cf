/// Replacements for parts of libbpf that the loader uses and old versions lack.
/// In those versions, programs that would need it have no section, so the replacements are compiled and never reached.
#ifndef CMX_LIBRARY_H
#define CMX_LIBRARY_H

#include <bpf/libbpf.h>
#include <errno.h>

#define LIBBPF_BEFORE(major, minor) \
    (LIBBPF_MAJOR_VERSION < (major) || (LIBBPF_MAJOR_VERSION == (major) && LIBBPF_MINOR_VERSION < (minor)))

#if LIBBPF_BEFORE(1, 3)
struct bpf_tcx_opts;

struct bpf_uprobe_multi_opts {
    size_t sz;
    int retprobe;
};

static inline struct bpf_link *bpf_program__attach_tcx(const struct bpf_program *program, int interface,
                                                       const struct bpf_tcx_opts *options)
{
    (void)program, (void)interface, (void)options;
    errno = EOPNOTSUPP;
    return NULL;
}

static inline struct bpf_link *bpf_program__attach_uprobe_multi(const struct bpf_program *program, pid_t process,
                                                                const char *path, const char *pattern,
                                                                const struct bpf_uprobe_multi_opts *options)
{
    (void)program, (void)process, (void)path, (void)pattern, (void)options;
    errno = EOPNOTSUPP;
    return NULL;
}
#endif

#endif
