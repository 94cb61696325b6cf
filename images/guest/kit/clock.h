/// The clock for everything that waits.
#ifndef CMX_CLOCK_H
#define CMX_CLOCK_H

#include <stdint.h>

/// Milliseconds since some point in the past; never goes back.
long long now(void);
/// The same in microseconds.
long long now_microseconds(void);
/// The time since then; saturates.
uint32_t microseconds_since(long long start);

#endif
