#include "namespaces.h"

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
#include <sys/syscall.h>
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

/// The number of cells per loader in the default matrix on one kernel.
#define MOST_NETWORKS 40

/// Unused networks; the last one is used next.
static int networks[MOST_NETWORKS];
static int network_count;

/// Creates a network that is ready for use. Returns a negative number on failure.
static int make_network(void)
{
    if (unshare(CLONE_NEWNET) != 0)
        return -1;
    raise_loopback();
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

void prepare_networks(void)
{
    if (access(BOOT_MARK, F_OK) != 0)
        return;
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0)
        return;
    int network;
    while (network_count < MOST_NETWORKS && (network = make_network()) >= 0)
        networks[network_count++] = network;
    if (setns(own, CLONE_NEWNET) != 0) {
        perror("cannot return to the network of the guest");
        _exit(71);
    }
    close(own);
}

void give_network_away(void)
{
    if (network_count > 0)
        close(networks[--network_count]);
}

/// Joins a prepared network. Returns whether there was one.
static int take_network(void)
{
    if (network_count == 0)
        return 0;
    int joined = setns(networks[network_count - 1], CLONE_NEWNET) == 0;
    give_network_away();
    return joined;
}

void isolate_network(void)
{
    if (!take_network() && unshare(CLONE_NEWNET) == 0)
        raise_loopback();
}

/// Empty while this process is in the root of cgroup2.
static char own_cgroup[64];

/// Opens the file that lists the processes of a cgroup.
static int open_processes(const char *cgroup)
{
    char path[sizeof(own_cgroup) + 16];
    snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
    return open(path, O_WRONLY | O_CLOEXEC);
}

/// Moves the calling process. Returns 0, with `errno` set, on failure.
static int enter_cgroup(int processes)
{
    // 0 stands for the writing process.
    int entered = processes >= 0 && write(processes, "0", 1) == 1;
    int error = errno;
    if (processes >= 0)
        close(processes);
    errno = error;
    return entered;
}

const char *isolate_cgroup(void)
{
    if (own_cgroup[0] != '\0')
        return own_cgroup;
    snprintf(own_cgroup, sizeof(own_cgroup), CGROUP_ROOT "/" CELL_CGROUP_PREFIX "%d", getpid());
    if ((mkdir(own_cgroup, 0755) == 0 || errno == EEXIST) && enter_cgroup(open_processes(own_cgroup)))
        return own_cgroup;
    own_cgroup[0] = '\0';
    return NULL;
}

void leave_cgroup(void)
{
    if (own_cgroup[0] != '\0')
        enter_cgroup(open_processes(CGROUP_ROOT));
    own_cgroup[0] = '\0';
}

static int open_or_nothing(const char *path, int flags)
{
    int descriptor = path == NULL ? -1 : open(path, flags | O_CLOEXEC);
    return descriptor >= 0 ? descriptor : open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int open_namespace(const char *kind)
{
    // Not /proc/thread-self, which came with Linux 3.17.
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/task/%ld/ns/%s", syscall(SYS_gettid), kind);
    return open_or_nothing(path, O_RDONLY);
}

struct place open_place(void)
{
    int cgroup = own_cgroup[0] == '\0' ? -1 : open_processes(own_cgroup);
    return (struct place){
        .network = open_namespace("net"),
        .mounts = open_namespace("mnt"),
        .cgroup = cgroup >= 0 ? cgroup : open_or_nothing(NULL, 0),
    };
}

void close_place(const struct place *place)
{
    close(place->network);
    close(place->mounts);
    close(place->cgroup);
}

static int join_namespace(int descriptor, int kind)
{
    struct stat status;
    int is_nothing = fstat(descriptor, &status) == 0 && S_ISCHR(status.st_mode);
    return is_nothing || setns(descriptor, kind) == 0;
}

int join_place(const struct place *place)
{
    return join_namespace(place->network, CLONE_NEWNET) && join_namespace(place->mounts, CLONE_NEWNS) &&
           // 0 stands for the writing process; /dev/null accepts it, too.
           write(place->cgroup, "0", 1) == 1;
}
