/// What a kernel does not know about a program that it refused, tried with the least that has it.
#ifndef CMX_KIT_ASK_PROGRAM_H
#define CMX_KIT_ASK_PROGRAM_H

#include <stddef.h>

/// Whether the program, `count` instructions of 8 bytes, calls functions of its own on a kernel that knows no such calls (before
/// 4.16).
int lacks_calls(const void *instructions, size_t count);

#endif
