/// What libbpf and we say while a program is worked on, kept until it is reported.
#ifndef CMX_MESSAGES_H
#define CMX_MESSAGES_H

#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdint.h>

/// For `libbpf_set_print`.
int keep_message(enum libbpf_print_level level, const char *format, va_list arguments);
void keep_line(const char *line, size_t length);
/// Keeps one line in our own name.
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/// For an attempt of which a second one may make what was said of it untrue: where it begins, and forgets what came since.
size_t mark_messages(void);
void forget_messages(size_t mark);
/// Reports all that was kept, of that program, and forgets it.
void report_messages(uint32_t cell, uint32_t program);
/// Reports it without forgetting.
void repeat_messages(uint32_t cell, uint32_t program);

#endif
