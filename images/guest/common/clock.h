/// The clock of everything that waits.
#ifndef CMX_CLOCK_H
#define CMX_CLOCK_H

#include <stdint.h>

/// Milliseconds since some point in the past; never goes back.
long long now(void);
/// The same in microseconds.
long long now_microseconds(void);
/// Microseconds from `start`, a value of `now_microseconds`, until now, as frames have them: at least 1, at most what fits.
uint32_t microseconds_since(long long start);

#endif
