#include "clock.h"

#include <time.h>

long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000ll + time.tv_nsec / 1000000;
}

long long now_microseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000ll + time.tv_nsec / 1000;
}

uint32_t microseconds_since(long long start)
{
    long long elapsed = now_microseconds() - start;
    return elapsed < 1 ? 1 : elapsed < UINT32_MAX ? elapsed : UINT32_MAX;
}
