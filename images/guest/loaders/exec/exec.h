/// A program of the user's in a root directory of its own: what the host sent for it, and below that what every guest has.
#ifndef CMX_EXEC_H
#define CMX_EXEC_H

#include <stddef.h>
#include <sys/types.h>

#include "../../kit/plan.h"

/// In bytes; the end of a longer output is kept, since that is where a program says what went wrong.
#define OUTPUT_BYTES (1u << 20)

/// What the program writes to its standard output and error.
struct output {
    int descriptor;
    /// What one of its lines must hold; empty where none must.
    const char *line;
    int found_line;
    int is_cut;
    size_t length;
    char text[OUTPUT_BYTES];
    /// The line that is being written, as far as it matters.
    char current[4096];
    size_t current_length;
};

/// Takes what comes within `limit` milliseconds; with 0 all that is there.
void read_output(struct output *output, int limit);

/// Makes `root` a root directory: the files of the guest itself, where it has none of that name, and /proc, /sys and /dev. Returns
/// 0 with `errno` set where it cannot be had.
int prepare_root(const char *root);
/// Removes it with all that lies in it.
void remove_root(const char *root);

/// Starts the program in its root; returns its number, or the negative errno of what kept it from starting. `*output` is where it
/// writes to.
pid_t start_program(const struct plan_exec *exec, int *output);

#endif
