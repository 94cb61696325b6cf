/// The tracefs loader, a fallback for kernels whose BPF is insufficient. It defines a kprobe or uprobe event, runs the trigger
/// and waits for the event's line.
#ifndef CMX_TRACEFS_H
#define CMX_TRACEFS_H

#include <stddef.h>
#include <sys/types.h>

#include "../../kit/plan.h"

/// The offset in the file at `path` of a function in its symbol tables, perhaps with `+offset`. Returns 0, a negative
/// errno, or -ENOENT where no table has it.
int find_function(const char *path, const char *symbol, unsigned long *offset);

#define MAX_STRINGS 8

/// An event, as tracefs is told of it.
struct definition {
    /// `kprobe_events` or `uprobe_events`.
    const char *file;
    char name[64];
    char text[1024];
    /// The arguments for which the kernel returns addresses instead of strings.
    struct string_argument {
        char name[64];
        long offset;
    } strings[MAX_STRINGS];
    size_t string_count;
};

/// Defines the event of the plan under TRACING_GROUP and enables it. Returns 0, or a negative errno with the reason in
/// `finding`, which also tells of a detour that was taken.
int define_event(const struct plan_tracefs *plan, struct definition *definition, struct finding *finding);
void remove_event(const struct definition *definition);

/// Takes the fetch arguments apart that dereference for a string: writes to `fetch` those that fetch the addresses, with
/// `return_value` for `$retval`. Returns 0 where there is none, or one that is more than one dereference deep.
int fetch_addresses(const char *arguments, const char *return_value, struct definition *definition, char *fetch,
                    size_t bytes);

/// Puts the strings of the process in place of their addresses in the event's line. They are in its memory still if nothing
/// else has run since.
void resolve_strings(const struct definition *definition, char *line, size_t bytes);

#endif
