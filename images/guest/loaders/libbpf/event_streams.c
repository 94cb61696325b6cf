/// Events from maps that are made for them, and from iterators.
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "events.h"
#include "messages.h"
#include "stages.h"

/// The size of each processor's buffer.
#define PERF_BUFFER_PAGES 16

static struct perf_buffer *perf_buffer;
static struct ring_buffer *ring_buffer;

static void take_sample(void *context, int processor, void *bytes, __u32 length)
{
    (void)context, (void)processor;
    take_event(bytes, length);
}

static int take_record(void *context, void *bytes, size_t length)
{
    (void)context;
    take_event(bytes, length);
    return 0;
}

static int poll_perf_buffer(int limit)
{
    return perf_buffer__poll(perf_buffer, limit);
}

static int poll_ring_buffer(int limit)
{
    return ring_buffer__poll(ring_buffer, limit);
}

const struct event_source *watch_perf_buffer(const struct bpf_map *map)
{
    static const struct event_source source = {poll_perf_buffer, NULL};
    perf_buffer = perf_buffer__new(bpf_map__fd(map), PERF_BUFFER_PAGES, take_sample, NULL, NULL, NULL);
    if (perf_buffer == NULL)
        keep_finding(FINDING(EVENTS_UNOPENABLE, bpf_map__name(map), strerror(errno)));
    return perf_buffer == NULL ? NULL : &source;
}

const struct event_source *watch_ring_buffer(const struct bpf_map *map)
{
    static const struct event_source source = {poll_ring_buffer, NULL};
    ring_buffer = ring_buffer__new(bpf_map__fd(map), take_record, NULL, NULL);
    if (ring_buffer == NULL)
        keep_finding(FINDING(EVENTS_UNOPENABLE, bpf_map__name(map), strerror(errno)));
    return ring_buffer == NULL ? NULL : &source;
}

/// Reading runs the iterator; each line that it writes is an event.
static int poll_iterator(int limit)
{
    static char output[256 << 10];
    size_t length = 0;
    int iterator = bpf_iter_create(bpf_link__fd(iterator_link()));
    if (iterator < 0)
        return -errno;
    ssize_t count;
    while (length < sizeof(output) && (count = read(iterator, output + length, sizeof(output) - length)) != 0) {
        // EAGAIN: the kernel object is gone by now.
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            break;
        length += count > 0 ? count : 0;
    }
    close(iterator);
    for (char *line = output, *end = output + length; line < end && !has_event();) {
        char *newline = memchr(line, '\n', end - line);
        char *stop = newline == NULL ? end : newline;
        take_event(line, stop - line);
        line = stop + 1;
    }
    if (!has_event())
        usleep(limit * 1000);
    return 0;
}

const struct event_source *watch_iterator(void)
{
    static const struct event_source source = {poll_iterator, NULL};
    return &source;
}
