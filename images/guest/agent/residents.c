#include "residents.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kit/residency.h"
#include "agent.h"
#include "cells.h"

/// More than anybody compares.
#define MOST_RESIDENTS 16
/// For what a loader does once, in milliseconds of the host's clock: Go parses the BTF of a kernel in three seconds under TCG.
#define READY_LIMIT 60000

static struct resident residents[MOST_RESIDENTS];
static size_t count;

int receive_resident_event(const struct resident *resident, struct resident_message *message, int limit)
{
    struct pollfd ready = {.fd = resident->control, .events = POLLIN};
    int events;
    while ((events = poll(&ready, 1, limit)) < 0 && errno == EINTR)
        continue;
    if (events == 0)
        return 0;
    return recv(resident->control, message, sizeof(*message), 0) == sizeof(*message) ? 1 : -1;
}

int forget_resident(struct resident *resident)
{
    int status = 0;
    kill(resident->pid, SIGKILL);
    waitpid(resident->pid, &status, 0);
    close(resident->control);
    resident->pid = 0;
    return status;
}

/// Starts the loader and waits until it is ready; one that is not has `pid` 0.
static void start(struct resident *resident)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        give_up("cannot make a socket pair: %s", strerror(errno));
    resident->pid = fork();
    if (resident->pid == 0)
        exec_loader((const char *[]){resident->name, CMX_RESIDENT_ARGUMENT, NULL}, sockets[1]);
    close(sockets[1]);
    resident->control = sockets[0];
    struct resident_message message;
    if (resident->pid < 0 || receive_resident_event(resident, &message, READY_LIMIT) != 1 ||
        message.event != RESIDENT_READY)
        forget_resident(resident);
}

static struct resident *add(const char *name)
{
    if (count == MOST_RESIDENTS)
        return NULL;
    struct resident *resident = &residents[count++];
    snprintf(resident->name, sizeof(resident->name), "%s", name);
    start(resident);
    return resident;
}

static struct resident *known(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(residents[i].name, name) == 0)
            return &residents[i];
    return NULL;
}

void start_image_residents(void)
{
    DIR *programs = opendir("/bin");
    for (struct dirent *entry; programs != NULL && (entry = readdir(programs)) != NULL;) {
        const char *name = entry->d_name + strlen(LOADER_PREFIX);
        if (strncmp(entry->d_name, LOADER_PREFIX, strlen(LOADER_PREFIX)) != 0)
            continue;
        struct resident *resident = add(name);
        // One that does not stay is not asked again.
        if (resident != NULL && resident->pid == 0)
            count--;
    }
    if (programs != NULL)
        closedir(programs);
}

struct resident *find_resident(const char *name, int may_stay)
{
    struct resident *resident = known(name);
    if (resident == NULL)
        resident = may_stay ? add(name) : NULL;
    else if (resident->pid == 0)
        start(resident);
    return resident != NULL && resident->pid > 0 ? resident : NULL;
}

int is_resident(pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (residents[i].pid == pid)
            return 1;
    return 0;
}
