/// What every loader reports with: frames of the guest protocol, written to the agent's pipe.
#ifndef CMX_REPORT_H
#define CMX_REPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "guest_protocol.h"

/// The descriptor that frames go to; exits when the other end is gone.
void report_to(int descriptor);
void report_log(uint32_t cell, uint32_t program, enum cmx_log_source source, const char *text, size_t length);
void report_program(const struct cmx_program *program);
/// `answer` as in `struct cmx_fact`; a text longer than a payload goes in several frames.
void report_fact(uint32_t cell, enum cmx_fact_kind kind, const char *name, int answer, const char *text, size_t length);

/// How lines begin that are ours and not those of the loader's library.
#define OUR_PREFIX "compat-matrix: "
/// In bytes, the closing NUL included.
#define OUR_LINE_BYTES 1024
/// Writes such a line, with the line feed that ends it, and returns its length; what is too long is cut.
size_t write_our_line(char line[OUR_LINE_BYTES], const char *format, va_list arguments);
/// The exit status of a loader or trigger that could not measure; EX_UNAVAILABLE of sysexits.h.
#define UNMEASURABLE_STATUS 69

/// Ends the loader: the guest lacks what the measurement takes, which says nothing about the probe. The text becomes one
/// line of the whole object.
__attribute__((noreturn, format(printf, 2, 3))) void report_unmeasurable(uint32_t cell, const char *format, ...);

#endif
