#ifndef CMX_REPORTS_H
#define CMX_REPORTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A loader at work on a cell.
struct loader {
    void *mailbox;
    uint32_t cell;
    /// The socket on which a resident loader reports the end of the cell; negative for a child of the agent.
    int control;
    /// The process that runs the cell; for a child, 0 once it has ended, and then its wait status.
    pid_t pid;
    int wait_status;
    /// Whether the agent killed it.
    int was_stopped;
    /// Its pipe for frames, and the pipe for its standard output and error.
    int reports;
    int words;
    /// How long it may be silent, in milliseconds; 0 for no limit, because the host watches it.
    uint32_t limit;
    /// Whether it has been told to end, so that further output gives it no more time.
    int must_end;
    /// The beginning of its text output.
    char said[4 << 10];
    size_t said_length;
};

enum reports_end {
    REPORTS_SOUND,
    /// It sent an invalid frame, or too much, or stopped within a frame. That and all that follows is dropped.
    REPORTS_BROKEN,
    /// It was silent for too long.
    REPORTS_OVERDUE,
};

/// Passes reports on until the loader has ended; for a resident one, until it closed its pipe or reported the cell's
/// end.
enum reports_end pass_reports(struct loader *loader);
/// Sends the host the loader's text output, as a log of the whole object.
void send_words(struct loader *loader);

#endif
