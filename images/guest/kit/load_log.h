/// The verifier's log of a program that was refused, and how much of it is fetched.
///
/// A verdict comes from a silent load. The log comes from a second one, in which the verifier writes a line for each instruction that
/// it looks at: five times as slow, and for a program at the complexity limit a hundred megabytes that nobody reads. Of such a
/// log the first MiB is kept, with the verifier's last words, which the silent load has as well.
#ifndef CMX_LOAD_LOG_H
#define CMX_LOAD_LOG_H

#include <stddef.h>
#include <stdint.h>

/// Bits of `log_level`. Source: include/linux/bpf_verifier.h of Linux.
#define LOG_LAST_PATH 1u
/// Only totals, and the error. Linux 5.2.
#define LOG_STATS 4u
/// Stops where the buffer is full, as all kernels before 6.4 do.
#define LOG_FIXED 8u

/// What a log of totals takes, and a verifier's last words.
#define QUIET_LOG_BYTES (64u << 10)

/// Loads the program with that level and buffer; level 0 has no buffer. Returns a descriptor or a negative errno, EAGAIN among
/// them: it does not try again by itself. `*true_bytes` takes how long the log would be, 0 before Linux 6.4.
typedef int load_function(void *context, unsigned level, char *log, size_t bytes, size_t *true_bytes);

/// The guest's memory that is not in use, in bytes; 0 if the kernel does not say.
size_t available_bytes(void);

/// Where every log that is fetched lies, emptied.
char *empty_log_buffer(void);

struct load_log {
    /// Closed with a NUL, in the buffer; valid until the next log is fetched.
    const char *text;
    int is_complete;
    /// Whether a guest with more memory would have held more of it.
    int lacks_memory;
};

/// Finds out, once, what this kernel's log can do.
void learn_log_levels(void);
/// The level of a silent load: totals, or nothing where this kernel has no such level.
unsigned quiet_level(void);
/// Whether all of every log is wanted, however long that takes; of the cell that this process works on.
void want_full_logs(int wanted);
/// Set for a loader that is started for a cell of which all is wanted.
#define FULL_LOGS_VARIABLE "COMPAT_MATRIX_FULL_LOGS"
/// Whether only a part of the log of a load that ended with `verdict`, a negative errno, would be fetched.
int is_long_log(int verdict, const char *quiet_log, uint32_t microseconds);
/// Stands in a log where a part of it was left out.
#define CUT_MARK "-- compat-matrix cut the log here; --full-logs keeps all of it --\n"

/// Fetches the log of a load that ended with `verdict`, with `quiet_log` as its silent log and after `microseconds`.
struct load_log fetch_log(load_function *load, void *context, int verdict, const char *quiet_log,
                          uint32_t microseconds);

#endif
