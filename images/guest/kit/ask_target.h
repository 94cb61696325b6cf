/// What a kernel says of the target of a program that it did not attach: looked up in its own lists, or tried with a program of
/// which nothing can be wrong. An answer without a code: nothing that would explain the failure.
#ifndef CMX_KIT_ASK_TARGET_H
#define CMX_KIT_ASK_TARGET_H

#include "finding.h"

/// Of a function that a kprobe, or fentry, is to be attached to. `replaces_result`: the program calls bpf_override_return().
struct finding ask_about_function(const char *symbol, int replaces_result);
/// Of a tracepoint, `category/name`, for which attaching failed with `error`, a negative errno.
struct finding ask_about_tracepoint(const char *place, int error);

/// Whether a program's instructions, `count` of 8 bytes each, call bpf_override_return().
int calls_override(const void *instructions, size_t count);

#endif
