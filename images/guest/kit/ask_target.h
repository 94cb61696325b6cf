/// Finds out why a program did not attach to its target, from the kernel's lists or by attaching a trivial program.
/// A finding without a code means that nothing explains the failure.
#ifndef CMX_KIT_ASK_TARGET_H
#define CMX_KIT_ASK_TARGET_H

#include "finding.h"

/// About a function to which a kprobe or fentry did not attach.
/// `replaces_result`: the program calls bpf_override_return().
struct finding ask_about_function(const char *symbol, int replaces_result);
/// About a tracepoint, `category/name`, to which attaching failed with `error`, a negative errno.
struct finding ask_about_tracepoint(const char *place, int error);

/// Whether a program's instructions, `count` of 8 bytes each, call bpf_override_return().
int calls_override(const void *instructions, size_t count);

#endif
