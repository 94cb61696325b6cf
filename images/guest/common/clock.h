/// The clock of everything that waits.
#ifndef CMX_CLOCK_H
#define CMX_CLOCK_H

/// Milliseconds since some point in the past; never goes back.
long long now(void);

#endif
