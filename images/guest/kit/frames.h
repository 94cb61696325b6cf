/// How loaders report: frames of the guest protocol, written to the agent's pipe.
#ifndef CMX_REPORT_H
#define CMX_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "finding.h"
#include "guest_protocol.h"

/// The descriptor for frames; exits if the other end is gone.
void report_to(int descriptor);
void report_log(uint32_t cell, uint32_t program, enum cmx_log_source source, const char *text, size_t length);
void report_program(const struct cmx_program *program);
/// `answer` is as in `struct cmx_fact`; a text that exceeds a payload is split into several frames.
void report_fact(uint32_t cell, enum cmx_fact_kind kind, const char *name, int answer, const char *text, size_t length);

/// `program` may be CMX_WHOLE_OBJECT.
void report_finding(uint32_t cell, uint32_t program, struct finding finding);

/// The exit status of a loader or trigger that could not measure: EX_UNAVAILABLE of sysexits.h.
#define UNMEASURABLE_STATUS 69
/// Exits the loader, because the guest lacks something that the measurement needs. Says nothing about the probe.
__attribute__((noreturn)) void end_unmeasured(uint32_t cell, struct finding reason);

#endif
