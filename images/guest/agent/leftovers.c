#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/isolation.h"
#include "../common/tracing.h"
#include "agent.h"

/// Whether the process is a program, not a thread of the kernel.
static int is_program(pid_t pid)
{
    char path[64], byte;
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    return readlink(path, &byte, 1) > 0;
}

/// Kills what the cell's trigger left running and returns how many there were; all of it is ours by now, since its loader
/// is gone.
static int kill_strays(pid_t zygote)
{
    int killed = 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
        pid_t pid = atoi(entry->d_name);
        if (pid > 1 && pid != zygote && is_program(pid) && kill(pid, SIGKILL) == 0)
            killed++;
    }
    closedir(processes);
    return killed;
}

/// Takes away the processes that have ended. The zygote's own end is `run_cell`'s to find out.
static void reap_strays(pid_t zygote)
{
    for (;;) {
        siginfo_t ended = {0};
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0 || ended.si_pid == zygote)
            return;
        waitpid(ended.si_pid, NULL, 0);
    }
}

/// Returns 0 where some are still in use.
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

void remove_leftovers(const struct zygote *zygote)
{
    // A killed process takes a moment to go; one that is stuck in the kernel is not waited for.
    for (int tries = 0; kill_strays(zygote->pid) > 0 && tries < 100; tries++) {
        usleep(1000);
        reap_strays(zygote->pid);
    }
    // The kernel lets go of what a dead process held some time after it has been reaped.
    for (int tries = 0; tries < 100; tries++) {
        reap_strays(zygote->pid);
        int cgroups_are_gone = remove_cgroups();
        if (clear_tracing() && cgroups_are_gone)
            return;
        usleep(5000);
    }
}
