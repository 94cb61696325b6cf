/// The questions that a refusal without a reason raises.
#ifndef CMX_ASK_H
#define CMX_ASK_H

#include "loader.h"

/// How an answer begins, for whoever reads it among the messages of libbpf. The catalogue of causes knows the answers.
#define ANSWER "loader-libbpf: this kernel "

/// Says whether the kernel has the helper that `log` ends with, and for which types of program.
void ask_about_helper(const char *log, uint32_t kernel_version, char *answer, size_t bytes);

#endif
