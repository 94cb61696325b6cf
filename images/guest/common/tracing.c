#include "tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int open_file(const char *file, int flags)
{
    // Since 4.1; before, the files are below debugfs.
    static const char *const folders[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    char path[256];
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folders[i], file);
        int descriptor = open(path, flags | O_CLOEXEC);
        if (descriptor >= 0 || errno != ENOENT)
            return descriptor < 0 ? -errno : descriptor;
    }
    return -ENOENT;
}

int write_tracing(const char *file, const char *text, int flags)
{
    int descriptor = open_file(file, O_WRONLY | flags);
    if (descriptor < 0)
        return descriptor;
    size_t length = strlen(text);
    int error = write(descriptor, text, length) == (ssize_t)length ? 0 : -errno;
    close(descriptor);
    return error;
}

int open_tracing(const char *file, int flags)
{
    return open_file(file, O_RDONLY | flags);
}

void clear_tracing(void)
{
    write_tracing("events/" TRACING_GROUP "/enable", "0", 0);
    // Opening is what clears them.
    int kprobes = open_file("kprobe_events", O_WRONLY | O_TRUNC);
    if (kprobes >= 0)
        close(kprobes);
    int uprobes = open_file("uprobe_events", O_WRONLY | O_TRUNC);
    if (uprobes >= 0)
        close(uprobes);
}
