#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"

static void look_for_line(struct output *output, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '\n') {
            if (output->current_length + 1 < sizeof(output->current))
                output->current[output->current_length++] = bytes[i];
            continue;
        }
        output->current[output->current_length] = '\0';
        output->current_length = 0;
        if (memmem(output->current, strlen(output->current), output->line, strlen(output->line)) != NULL)
            output->found_line = 1;
    }
    // A prompt without a line feed is a line, too.
    if (memmem(output->current, output->current_length, output->line, strlen(output->line)) != NULL)
        output->found_line = 1;
}

static void keep(struct output *output, const char *bytes, size_t length)
{
    if (output->length + length > sizeof(output->text)) {
        // Drops half at once, so that not every byte that arrives moves all others.
        size_t dropped = output->length + length - sizeof(output->text) / 2;
        dropped = dropped < output->length ? dropped : output->length;
        memmove(output->text, output->text + dropped, output->length - dropped);
        output->length -= dropped;
        output->is_cut = 1;
    }
    memcpy(output->text + output->length, bytes, length);
    output->length += length;
}

void read_output(struct output *output, int limit)
{
    char part[16 << 10];
    for (;;) {
        struct pollfd ready = {.fd = output->descriptor, .events = POLLIN};
        if (poll(&ready, 1, limit) <= 0)
            return;
        ssize_t count = read(output->descriptor, part, sizeof(part));
        if (count <= 0) {
            // A program that closed its output may still be running.
            if (limit > 0)
                usleep(limit * 1000);
            return;
        }
        keep(output, part, count);
        if (output->line[0] != '\0' && !output->found_line)
            look_for_line(output, part, count);
        if (limit > 0)
            return;
    }
}
