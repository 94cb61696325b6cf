/// Finds out why a kernel rejected a program, by loading the smallest program with the same feature.
#ifndef CMX_KIT_ASK_PROGRAM_H
#define CMX_KIT_ASK_PROGRAM_H

#include <stddef.h>

/// Whether the program has calls between its functions, on a kernel that lacks them (before 4.16).
/// `count` is in instructions of 8 bytes.
int lacks_calls(const void *instructions, size_t count);

#endif
