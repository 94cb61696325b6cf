#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../kit/namespaces.h"
#include "agent.h"

struct mount_point {
    const char *type;
    const char *path;
};

static const struct mount_point mount_points[] = {
    {"proc", "/proc"},
    {"sysfs", "/sys"},
    // The kernel does not mount devtmpfs in an initramfs. Static Rust programs abort without /dev/urandom on kernels
    // before 3.17, which lack getrandom().
    {"devtmpfs", "/dev"},
    {"devpts", "/dev/pts"},
    {"debugfs", "/sys/kernel/debug"},
    // Since 4.1; before, the files are below debugfs.
    {"tracefs", "/sys/kernel/tracing"},
    // Lists the active security modules.
    {"securityfs", "/sys/kernel/security"},
    {"bpf", "/sys/fs/bpf"},
    {"cgroup2", CGROUP_ROOT},
    {"tmpfs", "/tmp"},
};

void mount_filesystems(void)
{
    for (size_t i = 0; i < sizeof(mount_points) / sizeof(mount_points[0]); i++) {
        mkdir(mount_points[i].path, 0755);
        mount(mount_points[i].type, mount_points[i].path, mount_points[i].type, 0, NULL);
    }
    // Kernels without devtmpfs: only what static programs open.
    mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
    mknod("/dev/zero", S_IFCHR | 0666, makedev(1, 5));
    mknod("/dev/random", S_IFCHR | 0666, makedev(1, 8));
    mknod("/dev/urandom", S_IFCHR | 0666, makedev(1, 9));
    mknod("/dev/ptmx", S_IFCHR | 0666, makedev(5, 2));
    mkdir("/job", 0755);
    mkdir("/boot", 0755);
}
