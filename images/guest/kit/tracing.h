/// The files of tracefs, wherever this kernel has them.
#ifndef CMX_TRACING_H
#define CMX_TRACING_H

/// The group of all events that loaders create.
#define TRACING_GROUP "compat_matrix"

/// Writes `text` to the file, opened with O_WRONLY and `flags`. Returns 0 or a negative errno.
int write_tracing(const char *file, const char *text, int flags);
/// Opens the file for reading; returns the descriptor or a negative errno.
int open_tracing(const char *file, int flags);
/// Removes all kprobe events and all uprobe events; if one is in use, all of its kind stay.
/// Returns whether all are gone.
int clear_tracing(void);

#endif
