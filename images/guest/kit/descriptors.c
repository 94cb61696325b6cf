#include "descriptors.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
    struct cmsghdr alignment;
};

int send_with_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, size_t count)
{
    struct iovec part = {(void *)bytes, length};
    union control control = {{0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(rights), descriptors, count * sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)length;
}

/// Takes the descriptors of a message; closes them if their number is unexpected.
static int take_descriptors(struct msghdr *message, int *descriptors, size_t count)
{
    struct cmsghdr *rights = CMSG_FIRSTHDR(message);
    if (rights == NULL || rights->cmsg_type != SCM_RIGHTS)
        return 0;
    int received[MOST_DESCRIPTORS];
    size_t number = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(received, CMSG_DATA(rights), number * sizeof(int));
    if (number == count) {
        memcpy(descriptors, received, count * sizeof(int));
        return 1;
    }
    for (size_t i = 0; i < number; i++)
        close(received[i]);
    return 0;
}

ssize_t receive_with_descriptors(int socket, void *bytes, size_t length, int *descriptors, size_t count)
{
    struct iovec part = {bytes, length};
    union control control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received <= 0)
        return received;
    return take_descriptors(&message, descriptors, count) ? received : 0;
}
