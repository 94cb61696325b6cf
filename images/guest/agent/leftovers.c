#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kit/files.h"
#include "../kit/namespaces.h"
#include "../kit/tracing.h"
#include "agent.h"
#include "residents.h"
#include "trigger_service.h"

/// Whether it is a process: no kernel thread, and no other thread of a process, which /proc also lists by its id.
static int is_program(pid_t pid)
{
    char path[64], text[512], byte;
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    if (readlink(path, &byte, 1) <= 0)
        return 0;
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    const char *leader = strstr(text, "\nTgid:");
    return leader != NULL && atoi(leader + strlen("\nTgid:")) == pid;
}

/// Processes that a cell may have created.
struct range {
    pid_t first;
    pid_t last;
};

pid_t last_process(void)
{
    // `0.00 0.01 0.05 1/64 1234`
    char line[128];
    const char *number = read_line("/proc/loadavg", line, sizeof(line)) ? strrchr(line, ' ') : NULL;
    return number == NULL ? 0 : atoi(number);
}

/// PID_MAX_DEFAULT of Linux, the limit in guests with one processor.
#define MOST_PROCESSES 0x8000

/// The processes newer than `last`; all processes once pids have wrapped around.
static struct range since(pid_t last)
{
    pid_t newest = last_process();
    return newest >= last ? (struct range){last + 1, newest} : (struct range){2, MOST_PROCESSES};
}

/// Kills the processes that the cell left running and returns their number. They are children of the agent by now, because
/// their loader has ended.
static int kill_strays(const struct range *range, pid_t service, const struct waiting_shells *shells)
{
    int killed = 0;
    for (pid_t pid = range->first; pid <= range->last; pid++) {
        int stays = pid == service || pid == shells->typed || pid == shells->commands || is_resident(pid);
        if (!stays && is_program(pid) && kill(pid, SIGKILL) == 0)
            killed++;
    }
    return killed;
}

/// Reaps processes that have ended; residents are reaped by the code that manages them.
static void reap_strays(pid_t service)
{
    for (;;) {
        siginfo_t ended = {0};
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0 ||
            ended.si_pid == service || is_resident(ended.si_pid))
            return;
        waitpid(ended.si_pid, NULL, 0);
    }
}

/// Removes the cells' cgroups. Returns 0 if some are still in use.
static int remove_cgroups(void)
{
    int removed = 1;
    DIR *groups = opendir(CGROUP_ROOT);
    if (groups == NULL)
        return 1;
    for (struct dirent *entry; (entry = readdir(groups)) != NULL;) {
        char path[512];
        snprintf(path, sizeof(path), CGROUP_ROOT "/%s", entry->d_name);
        if (strncmp(entry->d_name, CELL_CGROUP_PREFIX, strlen(CELL_CGROUP_PREFIX)) == 0)
            removed &= rmdir(path) == 0 || errno != EBUSY;
    }
    closedir(groups);
    return removed;
}

void remove_leftovers(pid_t last, pid_t service, const struct waiting_shells *shells)
{
    const struct range range = since(last);
    // A killed process takes a moment to disappear. One that is stuck in the kernel is not waited for.
    for (int tries = 0; kill_strays(&range, service, shells) > 0 && tries < 100; tries++) {
        usleep(1000);
        reap_strays(service);
    }
    // The kernel releases the resources of a dead process some time after it was reaped.
    for (int tries = 0; tries < 100; tries++) {
        reap_strays(service);
        int cgroups_are_gone = remove_cgroups();
        if (clear_tracing() && cgroups_are_gone)
            return;
        usleep(5000);
    }
}
