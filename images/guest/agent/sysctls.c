#include "sysctls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Longer than the values of all that have to do with BPF.
#define VALUE_BYTES 1024

static int open_sysctl(const char *name, int flags)
{
    char path[1024];
    snprintf(path, sizeof(path), "/proc/sys/%s", name);
    for (char *letter = path; *letter != '\0'; letter++)
        if (*letter == '.')
            *letter = '/';
    return open(path, flags | O_CLOEXEC);
}

/// The value of a sysctl, to be freed; NULL if there is none.
static char *read_sysctl(const char *name)
{
    char value[VALUE_BYTES];
    int file = open_sysctl(name, O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, value, sizeof(value) - 1);
    if (file >= 0)
        close(file);
    return length < 0 ? NULL : strndup(value, length);
}

/// Returns 0 or a negative errno.
static int write_sysctl(const char *name, const char *value)
{
    int file = open_sysctl(name, O_WRONLY);
    if (file < 0)
        return -errno;
    int error = write(file, value, strlen(value)) < 0 ? -errno : 0;
    close(file);
    return error;
}

char **save_sysctls(const struct plan *plan)
{
    char **saved = calloc(plan->sysctl_count + 1, sizeof(*saved));
    for (size_t i = 0; saved != NULL && i < plan->sysctl_count; i++)
        saved[i] = read_sysctl(plan->sysctls[i].name);
    return saved;
}

int set_sysctls(const struct plan *plan, struct finding *problem)
{
    for (size_t i = 0; i < plan->sysctl_count; i++) {
        const struct plan_sysctl *sysctl = &plan->sysctls[i];
        int error = write_sysctl(sysctl->name, sysctl->value);
        if (error == 0)
            continue;
        *problem = error == -ENOENT ? FINDING(SYSCTL_ABSENT, sysctl->name)
                                    : FINDING(SYSCTL_REJECTED, sysctl->name, sysctl->value, strerror(-error));
        return 0;
    }
    return 1;
}

const char *restore_sysctls(const struct plan *plan, char **saved)
{
    const char *lost = NULL;
    for (size_t i = 0; saved != NULL && i < plan->sysctl_count; i++) {
        char *now = read_sysctl(plan->sysctls[i].name);
        int is_same = saved[i] == NULL || (now != NULL && strcmp(now, saved[i]) == 0);
        if (!is_same && write_sysctl(plan->sysctls[i].name, saved[i]) != 0)
            lost = plan->sysctls[i].name;
        free(now);
        free(saved[i]);
    }
    free(saved);
    return lost;
}
