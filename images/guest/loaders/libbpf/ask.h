/// Feature probes for rejections without a log.
#ifndef CMX_ASK_H
#define CMX_ASK_H

#include "loader.h"

/// Whether the kernel has the helper at the end of `log`, and for which program types. No code if that is unknown.
struct finding ask_about_helper(const char *log, uint32_t kernel_version);

/// Whether any program type may call the helper, each tried at its most common attach point.
int any_type_may_call(int helper);

/// Explains why a program's target did not attach, or was not found at load.
/// `target` is NULL if the program's section names it.
struct finding ask_about_attachment(const struct bpf_program *program, const char *target, int error);

#endif
