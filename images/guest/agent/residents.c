#include "residents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kit/files.h"
#include "../kit/namespaces.h"
#include "../kit/residency.h"
#include "agent.h"
#include "cells.h"

/// More loaders than anybody compares.
#define MOST_RESIDENTS 16
/// For a loader's preparation, in milliseconds of the host's clock: Go parses a kernel's BTF in three seconds under TCG.
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
    if (resident->pid > 0) {
        kill(resident->pid, SIGKILL);
        waitpid(resident->pid, &status, 0);
    }
    close(resident->control);
    resident->pid = 0;
    return status;
}

/// Starts the loader and waits until it is ready; sets `pid` to 0 if it does not become ready.
static void start(struct resident *resident, uint32_t limit)
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
    int longest = limit > 0 && limit < READY_LIMIT ? (int)limit : READY_LIMIT;
    resident->stays = resident->pid > 0 && receive_resident_event(resident, &message, longest) == 1 &&
                      message.event == RESIDENT_READY;
    if (!resident->stays)
        forget_resident(resident);
}

/// Whether it ended or sent an unrequested message.
static int has_left(const struct resident *resident)
{
    struct pollfd said = {.fd = resident->control, .events = POLLIN};
    return poll(&said, 1, 0) > 0;
}

static struct resident *add(const char *name, uint32_t limit)
{
    if (count == MOST_RESIDENTS)
        return NULL;
    struct resident *resident = &residents[count++];
    snprintf(resident->name, sizeof(resident->name), "%s", name);
    start(resident, limit);
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
    char mark[] = BOOT_MARK;
    make_folders(mark);
    close(open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    for (struct dirent *entry; programs != NULL && (entry = readdir(programs)) != NULL;) {
        const char *name = entry->d_name + strlen(LOADER_PREFIX);
        if (strncmp(entry->d_name, LOADER_PREFIX, strlen(LOADER_PREFIX)) != 0)
            continue;
        add(name, 0);
    }
    if (programs != NULL)
        closedir(programs);
    unlink(mark);
}

struct resident *find_resident(const char *name, int may_stay, uint32_t limit)
{
    struct resident *resident = known(name);
    // Another loader's cell may have killed it.
    if (resident != NULL && resident->pid > 0 && has_left(resident))
        forget_resident(resident);
    if (resident == NULL)
        resident = may_stay ? add(name, limit) : NULL;
    else if (resident->pid == 0 && resident->stays)
        start(resident, limit);
    return resident != NULL && resident->pid > 0 ? resident : NULL;
}

int is_resident(pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (residents[i].pid == pid)
            return 1;
    return 0;
}
