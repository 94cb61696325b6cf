/// Files of the kernel that hold a line.
#ifndef CMX_FILES_H
#define CMX_FILES_H

#include <stddef.h>

/// Reads the file's first line without its end. Returns 0 where there is no such file.
int read_line(const char *path, char *line, size_t bytes);
/// Whether a list of words with commas between them holds the word.
int is_listed(const char *list, const char *word);

#endif
