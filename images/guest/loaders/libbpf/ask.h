/// Feature probes for rejections without a log.
#ifndef CMX_ASK_H
#define CMX_ASK_H

#include "loader.h"

/// Whether the kernel has the helper that `log` ends with, and for which types of program. No code where that is unknown.
struct finding ask_about_helper(const char *log, uint32_t kernel_version);

/// Whether any type of program may call the helper, each in the place it is most often attached to.
int any_type_may_call(int helper);

/// What is known about the target of a program that was not attached, or not found at the load; `target` is NULL where its
/// section has it.
struct finding ask_about_attachment(const struct bpf_program *program, const char *target, int error);

#endif
