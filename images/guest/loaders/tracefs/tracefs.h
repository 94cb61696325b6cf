/// The tracefs loader, a fallback for kernels whose BPF is insufficient.
/// It defines a kprobe or uprobe event, runs the trigger and waits for the event's line.
#ifndef CMX_TRACEFS_H
#define CMX_TRACEFS_H

#include <stddef.h>
#include <sys/types.h>

#include "../../kit/plan.h"

/// Finds the offset of a function, perhaps with `+offset`, in the symbol tables of the file at `path`.
/// Returns 0, -ENOENT if no table has it, or another negative errno.
int find_function(const char *path, const char *symbol, unsigned long *offset);

#define MAX_STRINGS 8

/// An event as defined in tracefs.
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

/// Defines the plan's event under TRACING_GROUP and enables it.
/// Returns 0, or a negative errno with the reason in `finding`, which also reports a workaround.
int define_event(const struct plan_tracefs *plan, struct definition *definition, struct finding *finding);
void remove_event(const struct definition *definition);

/// Parses the fetch arguments that dereference an address for a string, and writes to `fetch` those that fetch the
/// addresses instead, with `return_value` for `$retval`. Returns 0 if there is none, or one with several dereferences.
int fetch_addresses(const char *arguments, const char *return_value, struct definition *definition, char *fetch,
                    size_t bytes);

/// Replaces the addresses in the event's line by the process's strings.
/// They are still in its memory if nothing else has run since.
void resolve_strings(const struct definition *definition, char *line, size_t bytes);

#endif
