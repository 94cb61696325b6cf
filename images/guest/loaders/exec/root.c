#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec.h"

static const char *root_path;

static int is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/// The files of jobs, which include this root, and the mount points of file systems.
static int is_left_out(const char *path)
{
    static const char *const folders[] = {"/job", "/proc", "/sys", "/dev", "/tmp", "/init"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (is_below(path, folders[i]))
            return 1;
    return strncmp(path, "/bin/loader-", strlen("/bin/loader-")) == 0;
}

/// Links a file of the guest into the root: a copy would take memory.
static int share(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)place;
    char target[4096];
    if (is_left_out(path) || snprintf(target, sizeof(target), "%s%s", root_path, path) >= (int)sizeof(target))
        return 0;
    if (kind == FTW_D)
        mkdir(target, 0755);
    else if (kind == FTW_F)
        // A file that the host sent by that name stays.
        return link(path, target) != 0 && errno != EEXIST ? -1 : 0;
    return 0;
}

static int mount_here(const char *path)
{
    char target[4096];
    snprintf(target, sizeof(target), "%s%s", root_path, path);
    mkdir(target, 0755);
    return mount(path, target, NULL, MS_BIND | MS_REC, NULL);
}

int prepare_root(const char *root)
{
    char folder[4096];
    root_path = root;
    mkdir(root, 0755);
    if (nftw("/", share, 16, FTW_PHYS | FTW_MOUNT) != 0)
        return 0;
    // A home, and the directories that programs usually write to.
    static const char *const folders[] = {"/tmp", "/run", "/var", "/root"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(folder, sizeof(folder), "%s%s", root, folders[i]);
        mkdir(folder, 0755);
    }
    // Mounted, so that programs find their root in /proc/self/mountinfo.
    return mount(root, root, NULL, MS_BIND, NULL) == 0 && mount_here("/proc") == 0 && mount_here("/sys") == 0 &&
           mount_here("/dev") == 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    remove(path);
    return 0;
}

void remove_root(const char *root)
{
    // They exist only in this mount namespace.
    static const char *const mounts[] = {"/dev", "/sys", "/proc", ""};
    char path[4096];
    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", root, mounts[i]);
        umount2(path, MNT_DETACH);
    }
    nftw(root, remove_one, 16, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
}
