#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "examine.h"

/// A file system of its own since 4.1, before that a directory of debugfs.
const char *tracefs_folder(void)
{
    static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    for (size_t i = 0; i < COUNT(places); i++) {
        char events[64];
        snprintf(events, sizeof(events), "%s/events", places[i]);
        if (access(events, F_OK) == 0)
            return places[i];
    }
    return NULL;
}

static int write_line(const char *path, const char *line)
{
    int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0)
        return 0;
    int written = write(file, line, strlen(line)) == (ssize_t)strlen(line);
    close(file);
    return written;
}

/// Whether `file` accepts the event that `definition` describes; it is deleted again.
static int takes_event(const char *file, const char *definition)
{
    const char *folder = tracefs_folder();
    if (folder == NULL)
        return 0;
    char path[64];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    int there = write_line(path, definition);
    if (there)
        write_line(path, "-:compat_matrix/examined\n");
    return there;
}

void examine_tracefs(uint32_t cell)
{
    report_fact(cell, CMX_FACT_FEATURE, "kprobe_events",
                takes_event("kprobe_events", "p:compat_matrix/examined do_exit\n"), NULL, 0);
    report_fact(cell, CMX_FACT_FEATURE, "uprobe_events",
                takes_event("uprobe_events", "p:compat_matrix/examined /init:0x1000\n"), NULL, 0);
}
