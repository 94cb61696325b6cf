/// The stage plan of a cell: what is to happen past the load. docs/protocol.md has its format.
#ifndef CMX_PLAN_H
#define CMX_PLAN_H

#include <stddef.h>

struct plan_attach {
    const char *program;
    const char *target;
};

enum trigger_kind {
    TRIGGER_NONE,
    /// A line typed at bash's prompt.
    TRIGGER_TYPE,
    /// A command of `bash -c`.
    TRIGGER_SHELL,
};

/// Its texts are never NULL where they are not said to be.
struct plan {
    /// Of the plan itself, for whoever runs its trigger.
    const char *path;
    struct plan_attach *attaches;
    size_t attach_count;
    /// An event of tracefs instead of an object; `kind` is NULL where there is none.
    struct plan_tracefs {
        const char *kind;
        const char *target;
        const char *fetch;
    } tracefs;
    enum trigger_kind trigger;
    const char *trigger_text;
    /// Whether the cell goes on to wait for an event.
    int awaits_event;
    /// Empty for the object's only one.
    const char *event_map;
    /// Empty where any event will do.
    const char *contains;
};

/// Reads the plan at `path`. Returns 1; else 0, with what is wrong in `problem`.
int read_plan(const char *path, struct plan *plan, char *problem, size_t problem_bytes);
/// Where the plan attaches that program; NULL: where its section says.
const char *plan_target(const struct plan *plan, const char *program);

#endif
