/// Messages of libbpf and findings about the current program, kept in order until they are reported.
#ifndef CMX_MESSAGES_H
#define CMX_MESSAGES_H

#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kit/finding.h"

/// For `libbpf_set_print`.
int keep_message(enum libbpf_print_level level, const char *format, va_list arguments);
void keep_finding(struct finding finding);
/// Keeps a kernel's answer unless it has no code.
void keep_answer(struct finding answer);
/// For an attempt whose messages a second attempt may make untrue.
/// Marks where they begin, checks whether any have been added since, and discards those.
struct message_mark {
    size_t length;
    size_t findings;
};
struct message_mark mark_messages(void);
int has_messages_since(struct message_mark mark);
void forget_messages(struct message_mark mark);
/// Reports everything that was kept, as messages of that program, and clears it.
void report_messages(uint32_t cell, uint32_t program);
/// Reports it without clearing it.
void repeat_messages(uint32_t cell, uint32_t program);

#endif
