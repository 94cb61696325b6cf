#define _GNU_SOURCE
#include "cmx_spawn.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

struct request {
    const char *path;
    char *const *arguments;
    const int *descriptors;
    int descriptor_count;
    const struct cmx_confinement *confinement;
    pid_t child;
    int error;
    int done;
};

// PR_SET_PDEATHSIG fires when the *thread* that forked ends (prctl(2)), and threads of a pool come and go. So one
// thread forks for all, and it never ends.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct request *pending;
static int thread_started;

static void close_above(int first)
{
    if (syscall(SYS_close_range, first, ~0u, 0) == 0)
        return;
    // Before Linux 5.9.
    long most = sysconf(_SC_OPEN_MAX);
    for (int descriptor = first; descriptor < most; descriptor++)
        close(descriptor);
}

// The numbers are those of Linux 6.12's include/uapi/linux/landlock.h, since Debian 12's header ends with version 2.
enum {
    WRITE_FILE = 1 << 1,
    MAKE_REGULAR = 1 << 8,
    /// Writing, removing and creating anything: without executing, reading, and what came later.
    CHANGES = 0x1ff2,
    REFER = 1 << 13,    // since version 2
    TRUNCATE = 1 << 14, // since version 3
    TCP = 3,            // binding and connecting, since version 4
    OUTSIDE = 3,        // abstract sockets and signals, since version 6
};

struct ruleset {
    uint64_t files, network, scope;
};

int cmx_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

static void allow(int ruleset, const char *folder, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    rule.parent_fd = open(folder, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

/// In the child. A kernel without Landlock confines nothing, which is no reason not to start.
static void confine(const struct cmx_confinement *confinement)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    int version = cmx_landlock_version();
    if (version == 0)
        return;
    struct ruleset rules = {.files = CHANGES, .network = TCP, .scope = OUTSIDE};
    if (version >= 2)
        rules.files |= REFER;
    if (version >= 3)
        rules.files |= TRUNCATE;
    // Kernels reject structures with fields that they do not know.
    size_t size = version < 4   ? offsetof(struct ruleset, network)
                  : version < 6 ? offsetof(struct ruleset, scope)
                                : sizeof(rules);
    int ruleset = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (ruleset < 0)
        return;
    allow(ruleset, "/dev", WRITE_FILE);
    if (confinement->folder != NULL)
        allow(ruleset, confinement->folder, rules.files & (WRITE_FILE | MAKE_REGULAR | TRUNCATE));
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
}

/// In the child: only what is safe between fork() and execve() of a process with threads.
static void become(const struct request *request, const int *sources, pid_t parent, int report)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // What the parent ignores stays ignored across execve().
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    for (int i = 0; i < request->descriptor_count; i++) {
        if (dup2(sources[i], i) < 0)
            goto failed;
    }
    close_above(report + 1);
    for (int i = request->descriptor_count; i < report; i++)
        close(i);
    if (request->confinement != NULL)
        confine(request->confinement);
    execve(request->path, request->arguments, environ);
failed:;
    int error = errno;
    if (write(report, &error, sizeof(error)) != sizeof(error))
        _exit(126);
    _exit(127);
}

static int spawn(struct request *request)
{
    // Sources are moved out of the way of the numbers they will be dup2()ed to, and so is the pipe that brings back
    // execve()'s errno: it is the highest, and close-on-exec closes it when all went well.
    int count = request->descriptor_count, error = 0, opened = 0, pipes[2] = {-1, -1};
    int *sources = calloc(count, sizeof(int));
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (sources == NULL || null < 0)
        error = errno;
    for (; error == 0 && opened < count; opened++) {
        int source = request->descriptors[opened] < 0 ? null : request->descriptors[opened];
        sources[opened] = fcntl(source, F_DUPFD_CLOEXEC, count + 3);
        if (sources[opened] < 0) {
            error = errno;
            break;
        }
    }
    int report = -1;
    if (error == 0 && pipe2(pipes, O_CLOEXEC) != 0)
        error = errno;
    if (error == 0 && (report = fcntl(pipes[1], F_DUPFD_CLOEXEC, count + 3)) < 0)
        error = errno;
    if (error == 0) {
        pid_t parent = getpid();
        pid_t child = fork();
        if (child == 0)
            become(request, sources, parent, report);
        if (child < 0)
            error = errno;
        request->child = child;
    }
    if (report >= 0)
        close(report);
    if (pipes[1] >= 0)
        close(pipes[1]);
    if (error == 0 && read(pipes[0], &error, sizeof(error)) != sizeof(error))
        error = 0;
    if (pipes[0] >= 0)
        close(pipes[0]);
    for (int i = 0; i < opened; i++)
        close(sources[i]);
    if (null >= 0)
        close(null);
    free(sources);
    return error;
}

static void *spawn_for_all(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (pending == NULL || pending->done)
            pthread_cond_wait(&changed, &lock);
        pending->error = spawn(pending);
        pending->done = 1;
        pthread_cond_broadcast(&changed);
    }
    return NULL;
}

int cmx_spawn(const char *path, char *const arguments[], const int *descriptors, int descriptor_count,
              const struct cmx_confinement *confinement, pid_t *child)
{
    struct request request = {.path = path,
                              .arguments = arguments,
                              .descriptors = descriptors,
                              .descriptor_count = descriptor_count,
                              .confinement = confinement};
    pthread_mutex_lock(&lock);
    if (!thread_started) {
        pthread_t thread;
        int error = pthread_create(&thread, NULL, spawn_for_all, NULL);
        if (error != 0) {
            pthread_mutex_unlock(&lock);
            return error;
        }
        pthread_detach(thread);
        thread_started = 1;
    }
    while (pending != NULL)
        pthread_cond_wait(&changed, &lock);
    pending = &request;
    pthread_cond_broadcast(&changed);
    while (!request.done)
        pthread_cond_wait(&changed, &lock);
    pending = NULL;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    *child = request.child;
    return request.error;
}

/// Sends one message of the ivshmem protocol, with a descriptor unless that is negative; returns an errno.
static int send_ivshmem_message(int socket, int64_t message, int descriptor)
{
    int64_t bytes = htole64(message);
    struct iovec data = {&bytes, sizeof(bytes)};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr envelope = {.msg_iov = &data, .msg_iovlen = 1};
    if (descriptor >= 0) {
        envelope.msg_control = control.bytes;
        envelope.msg_controllen = sizeof(control.bytes);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(int));
    }
    return sendmsg(socket, &envelope, MSG_NOSIGNAL) == sizeof(bytes) ? 0 : errno;
}

int cmx_send_shared_memory(int socket, int memory)
{
    const int64_t protocol_version = 0, first_peer = 0, shared_memory = -1;
    int error = send_ivshmem_message(socket, protocol_version, -1);
    if (error == 0)
        error = send_ivshmem_message(socket, first_peer, -1);
    if (error == 0)
        error = send_ivshmem_message(socket, shared_memory, memory);
    return error;
}

int cmx_memory_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}
