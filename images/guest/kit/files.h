/// Files of the kernel that hold a line, and folders.
#ifndef CMX_FILES_H
#define CMX_FILES_H

#include <stddef.h>

/// Reads the file's first line without its end. Returns 0 where there is no such file.
int read_line(const char *path, char *line, size_t bytes);
/// Whether a list of words with commas between them holds the word.
int is_listed(const char *list, const char *word);

/// Makes the folders above a file. `path` is as it was when this returns.
void make_folders(char *path);

/// Whether this kernel counts how often each program runs, which the agent turns on where it can. Linux 5.1.
int counts_runs(void);
#define RUN_COUNTS_SWITCH "/proc/sys/kernel/bpf_stats_enabled"

#endif
