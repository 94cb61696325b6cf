/// The stage plan of a cell: what is to happen past the load. docs/protocol.md has its format.
#ifndef CMX_PLAN_H
#define CMX_PLAN_H

#include <stddef.h>

#include "finding.h"

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

/// Its texts are never NULL where they are not said to be; they live as long as the plan.
struct plan {
    /// The file, in which all texts are.
    char *text;
    struct plan_attach *attaches;
    size_t attach_count;
    /// An event of tracefs instead of an object; `kind` is NULL where there is none.
    struct plan_tracefs {
        const char *kind;
        const char *target;
        const char *fetch;
    } tracefs;
    /// A program of the user's instead of an object; `program` is NULL where there is none.
    struct plan_exec {
        /// As it is called in its root directory, which is a folder of the guest.
        const char *program;
        const char *root;
        /// Both end with NULL; the first argument is the program's name.
        char **arguments;
        char **environment;
        /// The exit status with which it passes; negative where its end does not count.
        int status;
        /// What a line of its output must hold; empty where none must.
        const char *line;
    } exec;
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
int read_plan(const char *path, struct plan *plan, struct finding *problem);
/// Frees what `read_plan` took; a plan of zeros is none.
void forget_plan(struct plan *plan);
/// Where the plan attaches that program; NULL: where its section says.
const char *plan_target(const struct plan *plan, const char *program);

#endif
