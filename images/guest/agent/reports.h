#ifndef CMX_REPORTS_H
#define CMX_REPORTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A loader at work on a cell.
struct loader {
    void *mailbox;
    uint32_t cell;
    /// Of a loader that stays, the socket on which it says that the cell has ended; negative for a child of the agent.
    int control;
    /// What works on the cell; of a child 0 once it has ended, and its wait status then.
    pid_t pid;
    int wait_status;
    /// Whether the agent killed it.
    int was_stopped;
    /// What it writes its frames to, and its standard output and error.
    int reports;
    int words;
    /// How long it may be silent, in milliseconds; 0: for ever, since the host looks after it.
    uint32_t limit;
    /// Whether it has been told to end, and what it says does not give it more time.
    int must_end;
    /// The beginning of its words.
    char said[4 << 10];
    size_t said_length;
};

enum reports_end {
    REPORTS_SOUND,
    /// It said what no loader says, or too much, or stopped in the middle of a frame. That is dropped, with whatever follows.
    REPORTS_BROKEN,
    /// It was silent for too long.
    REPORTS_OVERDUE,
};

/// Passes reports on until the loader has ended or, for one that stays, closed its pipe or said that the cell has ended.
enum reports_end pass_reports(struct loader *loader);
/// Sends the host the loader's words, as a log of the whole object.
void send_words(struct loader *loader);

#endif
