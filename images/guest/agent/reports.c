/// Reads a loader's output while it runs: frames from one pipe, text from its standard output and error.
#include "reports.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kit/clock.h"
#include "agent.h"

/// More frames than a kernel's output about all programs of an object fills.
/// A loader that sends more will not end by itself.
#define MOST_FRAMES (1ul << 18)
/// One log of the largest buffer that any kernel accepts, and everything else.
#define MOST_BYTES ((1ull << 30) + (64ull << 20))
/// How often to check whether the loader still runs, in milliseconds: processes it started may hold its pipes open.
#define LOOK_INTERVAL 50
/// The same for a resident loader: it reports its end, so only its time limit is left to check.
#define RESIDENT_LOOK_INTERVAL 500

static int is_log(uint32_t length, const void *payload)
{
    struct cmx_log log;
    if (length < sizeof(log))
        return 0;
    memcpy(&log, payload, sizeof(log));
    // Only the agent sends the kernel's messages.
    return log.source == CMX_LOG_VERIFIER || log.source == CMX_LOG_LOADER || log.source == CMX_LOG_EVENT;
}

static int is_program(uint32_t length, const void *payload)
{
    struct cmx_program program;
    if (length != sizeof(program))
        return 0;
    memcpy(&program, payload, sizeof(program));
    return program.stage <= CMX_STAGE_FIRE;
}

static int is_finding(uint32_t length, const char *payload)
{
    struct cmx_finding finding;
    if (length < sizeof(finding) || length - sizeof(finding) > CMX_FINDING_BYTES)
        return 0;
    memcpy(&finding, payload, sizeof(finding));
    int count = 0;
    for (size_t i = sizeof(finding); i < length; i++)
        count += payload[i] == '\0';
    int is_closed = length == sizeof(finding) || payload[length - 1] == '\0';
    return is_closed && count == cmx_finding_argument_count(finding.code) && finding.argument_count == (uint32_t)count;
}

/// Whether a frame is one that a loader may send, about its current cell.
///
/// The host gives up a guest that breaks the protocol; a loader that breaks it costs only its cell.
static int is_report(const struct cmx_frame *frame, const void *payload, uint32_t cell)
{
    // All begin with the cell's number.
    if (frame->length < sizeof(cell) || memcmp(payload, &cell, sizeof(cell)) != 0)
        return 0;
    switch (frame->type) {
    case CMX_LOG:
        return is_log(frame->length, payload);
    case CMX_PROGRAM:
        return is_program(frame->length, payload);
    case CMX_FINDING:
        return is_finding(frame->length, payload);
    case CMX_FACT:
        return frame->length >= sizeof(struct cmx_fact);
    default:
        return 0;
    }
}

/// The part of a frame that has been read, and how much has been passed on.
static struct {
    char bytes[sizeof(struct cmx_frame) + CMX_MAX_PAYLOAD];
    size_t length;
    unsigned long frames;
    unsigned long long total;
} stream;

/// Passes on complete frames; returns 0 for an invalid one.
static int pass_frames(const struct loader *loader)
{
    size_t done = 0;
    struct cmx_frame frame;
    while (stream.length - done >= sizeof(frame)) {
        memcpy(&frame, stream.bytes + done, sizeof(frame));
        const char *payload = stream.bytes + done + sizeof(frame);
        if (frame.length > CMX_MAX_PAYLOAD)
            return 0;
        if (stream.length - done < sizeof(frame) + frame.length)
            break;
        stream.total += sizeof(frame) + frame.length;
        if (!is_report(&frame, payload, loader->cell) || ++stream.frames > MOST_FRAMES || stream.total > MOST_BYTES)
            return 0;
        send_frame(loader->mailbox, frame.type, payload, frame.length, NULL, 0);
        done += sizeof(frame) + frame.length;
    }
    memmove(stream.bytes, stream.bytes + done, stream.length - done);
    stream.length -= done;
    return 1;
}

enum reading { NOTHING_NOW, SOMETHING, THE_END, NONSENSE };

static enum reading read_reports(const struct loader *loader)
{
    ssize_t count = read(loader->reports, stream.bytes + stream.length, sizeof(stream.bytes) - stream.length);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? NOTHING_NOW : THE_END;
    if (count == 0)
        return THE_END;
    stream.length += count;
    return pass_frames(loader) ? SOMETHING : NONSENSE;
}

/// Keeps the beginning of the text, which explains why a program died. Returns 0 at the end of the output.
static int read_words(struct loader *loader)
{
    char part[4096];
    ssize_t count = read(loader->words, part, sizeof(part));
    if (count <= 0)
        return count < 0 && (errno == EAGAIN || errno == EINTR);
    size_t room = sizeof(loader->said) - loader->said_length;
    size_t kept = (size_t)count < room ? (size_t)count : room;
    memcpy(loader->said + loader->said_length, part, kept);
    loader->said_length += kept;
    return 1;
}

/// Leaves a resident loader's message for the code that waits for the end of the cell.
static int has_ended(struct loader *loader)
{
    if (loader->control >= 0) {
        struct pollfd said = {.fd = loader->control, .events = POLLIN};
        return poll(&said, 1, 0) > 0;
    }
    if (loader->pid > 0 && waitpid(loader->pid, &loader->wait_status, WNOHANG) == loader->pid)
        loader->pid = 0;
    return loader->pid == 0;
}

/// Waits for more output; a child's end does not end the wait.
static void await_more(const struct loader *loader, int reads_reports, int reads_words)
{
    struct pollfd ready[] = {{.fd = reads_reports ? loader->reports : -1, .events = POLLIN},
                             {.fd = reads_words ? loader->words : -1, .events = POLLIN},
                             {.fd = loader->control, .events = POLLIN}};
    poll(ready, 3, loader->control < 0 ? LOOK_INTERVAL : RESIDENT_LOOK_INTERVAL);
}

enum reports_end pass_reports(struct loader *loader)
{
    if (!loader->must_end)
        stream.length = stream.frames = stream.total = 0;
    fcntl(loader->reports, F_SETFL, O_NONBLOCK);
    fcntl(loader->words, F_SETFL, O_NONBLOCK);
    int reads_reports = 1, reads_words = 1;
    long long deadline = now() + loader->limit;
    while (reads_reports || (loader->control < 0 && loader->pid > 0)) {
        // Checked before reading the pipes, so that its last output is not lost.
        int ended = has_ended(loader);
        if (reads_words)
            reads_words = read_words(loader);
        enum reading reading = reads_reports ? read_reports(loader) : NOTHING_NOW;
        if (reading == NONSENSE)
            return REPORTS_BROKEN;
        if (reading == THE_END)
            reads_reports = 0;
        if (reading == SOMETHING && !loader->must_end)
            deadline = now() + loader->limit;
        if (reading != SOMETHING && ended)
            break;
        if (loader->limit > 0 && now() >= deadline)
            return REPORTS_OVERDUE;
        // A resident loader sends nothing more once its pipe is closed.
        if (reading != SOMETHING && (reads_reports || loader->control < 0))
            await_more(loader, reads_reports, reads_words);
    }
    return stream.length == 0 ? REPORTS_SOUND : REPORTS_BROKEN;
}

void send_words(struct loader *loader)
{
    // A resident loader may have printed more after its last frame.
    for (size_t before = loader->said_length; read_words(loader) && loader->said_length > before;)
        before = loader->said_length;
    struct cmx_log head = {loader->cell, CMX_WHOLE_OBJECT, CMX_LOG_LOADER};
    if (loader->said_length > 0)
        send_frame(loader->mailbox, CMX_LOG, &head, sizeof(head), loader->said, loader->said_length);
}
