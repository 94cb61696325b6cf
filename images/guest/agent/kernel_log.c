#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

/// KERN_WARNING: messages at this level or worse are passed on.
#define WARNING_LEVEL 4

int watch_kernel_log(void)
{
    // Each open file has its own position in the log. Since Linux 3.5.
    int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (log >= 0)
        lseek(log, 0, SEEK_END);
    return log;
}

/// Appends a record, `prefix,number,microseconds,…;text` and lines that begin with a space, in the console's format.
/// A prefix of 8 or more marks what a process wrote to /dev/kmsg.
static size_t append_record(char *text, size_t length, size_t capacity, char *record)
{
    unsigned long long microseconds;
    unsigned prefix;
    char *message = strchr(record, ';');
    if (message == NULL || sscanf(record, "%u,%*u,%llu", &prefix, &microseconds) != 2 || prefix > WARNING_LEVEL)
        return length;
    message[strcspn(message, "\n")] = '\0';
    int added = snprintf(text + length, capacity - length, "[%5llu.%06llu] %s\n", microseconds / 1000000,
                         microseconds % 1000000, message + 1);
    return added > 0 && (size_t)added < capacity - length ? length + added : length;
}

void send_kernel_log(void *mailbox, int log, uint32_t cell)
{
    static char text[CMX_KERNEL_LOG_BYTES], record[8 << 10];
    size_t length = 0;
    ssize_t count;
    // EPIPE: the next record was overwritten; reading continues with the oldest that is left.
    while (log >= 0 && ((count = read(log, record, sizeof(record) - 1)) > 0 || (count < 0 && errno == EPIPE))) {
        if (count < 0)
            continue;
        record[count] = '\0';
        length = append_record(text, length, sizeof(text), record);
    }
    if (log >= 0)
        close(log);
    struct cmx_log head = {cell, CMX_WHOLE_OBJECT, CMX_LOG_KERNEL};
    if (length > 0)
        send_frame(mailbox, CMX_LOG, &head, sizeof(head), text, length);
}
