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

/// Clears the events by truncating the file. Returns 0 if some of them are still in use.
static int clear_events(const char *file)
{
    int events = open_file(file, O_WRONLY | O_TRUNC);
    if (events >= 0)
        close(events);
    return events != -EBUSY;
}

int clear_tracing(void)
{
    write_tracing("events/" TRACING_GROUP "/enable", "0", 0);
    int kprobes = clear_events("kprobe_events");
    int uprobes = clear_events("uprobe_events");
    return kprobes && uprobes;
}
