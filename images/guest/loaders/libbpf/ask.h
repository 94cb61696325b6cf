/// Feature probes for rejections without a log.
#ifndef CMX_ASK_H
#define CMX_ASK_H

#include "loader.h"

/// Whether the kernel has the helper that `log` ends with, and for which types of program. No code where that is unknown.
struct finding ask_about_helper(const char *log, uint32_t kernel_version);

#endif
