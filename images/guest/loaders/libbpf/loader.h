/// The libbpf loader: loads each program of an object alone, the way veristat does, and reports what happened in frames
/// of the guest protocol. It judges nothing.
#ifndef CMX_LOADER_H
#define CMX_LOADER_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdint.h>

#include "guest_protocol.h"

/// The descriptor that frames go to; exits when the other end is gone.
void report_to(int descriptor);
void report_log(uint32_t cell, uint32_t program, enum cmx_log_source source, const char *text, size_t length);
void report_program(const struct cmx_program *program);
/// `answer` as in `struct cmx_fact`; a text longer than a payload goes in several frames.
void report_fact(uint32_t cell, enum cmx_fact_kind kind, const char *name, int answer, const char *text, size_t length);

/// Loads every program of the object at `path` and reports each.
void load_object(uint32_t cell, const char *path);
/// Asks the kernel what it offers and reports each fact.
void examine_kernel(uint32_t cell);

/// What the kernel said when libbpf asked it for the program under test.
struct observed_load {
    /// Whether BPF_PROG_LOAD was reached at all.
    int attempted;
    /// 0, or the negative errno of the attempt that decided.
    int error;
    /// The result of the last BPF_MAP_CREATE.
    int map_error;
    /// NUL-terminated.
    char *log;
    int log_complete;
    uint32_t translated_bytes;
    uint32_t jited_bytes;
    uint32_t verified_instructions;
};

/// Finds out, once, whether this kernel's log levels have BPF_LOG_STATS, and parses the kernel's BTF.
void learn_kernel(void);
/// Forgets what was observed and returns it for the next load. The log buffer in it marks the program under test: a
/// load that libbpf asks for with another buffer is one of its own feature probes.
struct observed_load *observe_next_load(void);
/// A size that libbpf is told for the buffer; how much is really used is decided when the load happens.
#define OBSERVED_LOG_BYTES (64u << 10)

#endif
