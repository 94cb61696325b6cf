/// A user's executable in its own root directory: the files that the host sent for it, on top of those of every guest.
#ifndef CMX_EXEC_H
#define CMX_EXEC_H

#include <stddef.h>
#include <sys/types.h>

#include "../../kit/plan.h"

/// In bytes; of a longer output, the end is kept, because it shows what went wrong.
#define OUTPUT_BYTES (1u << 20)

/// The program's standard output and error.
struct output {
    int descriptor;
    /// A text that one of its lines must contain; empty for none.
    const char *line;
    int found_line;
    int is_cut;
    size_t length;
    char text[OUTPUT_BYTES];
    /// The beginning of the current line.
    char current[4096];
    size_t current_length;
};

/// Reads what arrives within `limit` milliseconds; 0 reads what is already there.
void read_output(struct output *output, int limit);

/// Makes `root` a root directory: adds the guest's own files that it lacks, and /proc, /sys and /dev.
/// Returns 0, with `errno` set, on failure.
int prepare_root(const char *root);
/// Removes it recursively.
void remove_root(const char *root);

/// Starts the plan's program in its root, as the plan's user; returns its pid, or the negative errno of the failure.
/// `*output` receives the descriptor for its output.
pid_t start_program(const struct plan *plan, int *output);

#endif
