/// Messages with file descriptors, over sockets of type SOCK_SEQPACKET.
#ifndef CMX_DESCRIPTORS_H
#define CMX_DESCRIPTORS_H

#include <stddef.h>
#include <sys/types.h>

#define MOST_DESCRIPTORS 8

/// Sends `length` bytes and `count` descriptors. Returns whether all of it was sent.
int send_with_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);
/// Receives a message that must come with exactly `count` descriptors, and makes them close-on-exec. Returns the number of
/// bytes, or 0 or less if the other end is gone or the message is a different one.
ssize_t receive_with_descriptors(int socket, void *bytes, size_t length, int *descriptors, size_t count);

#endif
