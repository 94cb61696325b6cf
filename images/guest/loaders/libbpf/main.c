#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/isolation.h"
#include "../../zygote.h"
#include "loader.h"

/// Loads an object that uses what most objects use. libbpf asks the kernel once per process what it can do, and a
/// child inherits the answers: about 0.1 s a load under TCG.
static void warm_up(void)
{
    extern const char warm_up_object[], warm_up_object_end[];
    learn_kernel();
    struct bpf_object *object = bpf_object__open_mem(warm_up_object, warm_up_object_end - warm_up_object, NULL);
    if (object != NULL) {
        // It may well fail, on a kernel without BTF for one; the answers are in the cache all the same.
        bpf_object__load(object);
        bpf_object__close(object);
    }
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level, (void)format, (void)arguments;
    return 0;
}

/// Receives a request and the pipe that comes with it; returns 0 when the agent is gone.
static int receive_request(struct zygote_request *request, int *pipe)
{
    struct iovec part = {request, sizeof(*request)};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr alignment;
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    if (recvmsg(CMX_ZYGOTE_FD, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*request))
        return 0;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (rights == NULL || rights->cmsg_type != SCM_RIGHTS)
        return 0;
    memcpy(pipe, CMSG_DATA(rights), sizeof(*pipe));
    return 1;
}

static void serve(const struct zygote_request *request)
{
    struct plan plan;
    char problem[256];
    if (request->object[0] == '\0')
        examine_kernel(request->cell);
    else if (request->plan[0] == '\0')
        load_object(request->cell, request->object, NULL);
    else if (read_plan(request->plan, &plan, problem, sizeof(problem)))
        load_object(request->cell, request->object, &plan);
    else
        report_unmeasurable(request->cell, "%s", problem);
}

static int load_in_child(const struct zygote_request *request, int pipe)
{
    pid_t child = fork();
    if (child == 0) {
        close(CMX_ZYGOTE_FD);
        isolate_bpffs();
        report_to(pipe);
        serve(request);
        _exit(0);
    }
    close(pipe);
    int status = 127 << 8;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("libbpf " LIBBPF_VERSION);
        return 0;
    }
    if (argc != 2 || strcmp(argv[1], "--zygote") != 0) {
        fprintf(stderr, "usage: loader-libbpf --version | --zygote (with a socket at descriptor %d)\n", CMX_ZYGOTE_FD);
        return 64;
    }
    libbpf_set_print(say_nothing);
    warm_up();
    struct zygote_done done = {0};
    struct zygote_request request;
    int pipe;
    do {
        if (send(CMX_ZYGOTE_FD, &done, sizeof(done), 0) != sizeof(done))
            return 0;
        if (!receive_request(&request, &pipe))
            return 0;
        done.wait_status = load_in_child(&request, pipe);
    } while (1);
}
