/// Fetches the verifier log of a rejected program, completely or in part.
///
/// The verdict comes from a silent load. The log comes from a second load, in which the verifier writes a line for each
/// instruction it processes. That is five times as slow, and for a program at the complexity limit it produces a hundred
/// megabytes. Of such a log, only the first MiB and the verifier's last lines are kept; the silent load has those as well.
#ifndef CMX_LOAD_LOG_H
#define CMX_LOAD_LOG_H

#include <stddef.h>
#include <stdint.h>

/// Bits of `log_level`. Source: include/linux/bpf_verifier.h of Linux.
#define LOG_LAST_PATH 1u
/// Only statistics and the error. Since Linux 5.2.
#define LOG_STATS 4u
/// Stops when the buffer is full, as all kernels before 6.4 do.
#define LOG_FIXED 8u

/// The size of a log with statistics and the verifier's last lines.
#define QUIET_LOG_BYTES (64u << 10)

/// Loads the program with that level and buffer; level 0 has no buffer.
/// Returns a descriptor or a negative errno, including EAGAIN: it does not retry. Sets `*true_bytes` to the length of
/// the whole log, 0 before Linux 6.4.
typedef int load_function(void *context, unsigned level, char *log, size_t bytes, size_t *true_bytes);

/// The guest's free memory, in bytes; 0 if the kernel does not report it.
size_t available_bytes(void);

/// The buffer for every log, emptied.
char *empty_log_buffer(void);

struct load_log {
    /// NUL-terminated, in the buffer; valid until the next log is fetched.
    const char *text;
    int is_complete;
    /// Whether a guest with more memory would have kept more of it.
    int lacks_memory;
};

/// Probes, once, which log features this kernel has.
void learn_log_levels(void);
/// The level of a silent load: statistics, or nothing on kernels without that level.
unsigned quiet_level(void);
/// Whether the cell of this process requests complete logs, however long they take.
void want_full_logs(int wanted);
/// Set for a loader that is started for a cell with complete logs.
#define FULL_LOGS_VARIABLE "COMPAT_MATRIX_FULL_LOGS"
/// Whether the log of a load that ended with `verdict`, a negative errno, would be fetched only in part.
int is_long_log(int verdict, const char *quiet_log, uint32_t microseconds);
/// Marks the place in a log where a part was left out.
#define CUT_MARK "-- compat-matrix cut the log here; --full-logs keeps all of it --\n"

/// Fetches the log of a load that ended with `verdict`, with `quiet_log` as its silent log and after `microseconds`.
struct load_log fetch_log(load_function *load, void *context, int verdict, const char *quiet_log,
                          uint32_t microseconds);

#endif
