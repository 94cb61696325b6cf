/// One-line files of the kernel, and directories.
#ifndef CMX_FILES_H
#define CMX_FILES_H

#include <stddef.h>

/// Reads the file's first line without its line feed. Returns 0 if there is no such file.
int read_line(const char *path, char *line, size_t bytes);
/// Whether a comma-separated list contains the word.
int is_listed(const char *list, const char *word);

/// Creates the directories above a file. `path` is unchanged on return.
void make_folders(char *path);

/// Whether this kernel counts the runs of each program, which the agent enables if possible. Since Linux 5.1.
int counts_runs(void);
#define RUN_COUNTS_SWITCH "/proc/sys/kernel/bpf_stats_enabled"

#endif
