#include "isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void isolate_bpffs(void)
{
    if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL);
}

void raise_loopback(void)
{
    int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (socket_ < 0)
        return;
    ioctl(socket_, SIOCSIFFLAGS, &request);
    close(socket_);
}

void isolate_network(void)
{
    if (unshare(CLONE_NEWNET) == 0)
        raise_loopback();
}

const char *isolate_cgroup(void)
{
    static char path[64];
    if (path[0] != '\0')
        return path;
    snprintf(path, sizeof(path), CGROUP_ROOT "/" CELL_CGROUP_PREFIX "%d", getpid());
    char processes[sizeof(path) + 16];
    snprintf(processes, sizeof(processes), "%s/cgroup.procs", path);
    int file = mkdir(path, 0755) == 0 ? open(processes, O_WRONLY | O_CLOEXEC) : -1;
    // 0 stands for the process that writes.
    int moved = file >= 0 && write(file, "0", 1) == 1;
    int error = errno;
    if (file >= 0)
        close(file);
    errno = error;
    if (!moved)
        path[0] = '\0';
    return moved ? path : NULL;
}
