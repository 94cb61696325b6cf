#include "clock.h"

#include <time.h>

long long now_microseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000ll + time.tv_nsec / 1000;
}

long long now(void)
{
    return now_microseconds() / 1000;
}

uint32_t microseconds_since(long long start)
{
    long long passed = now_microseconds() - start;
    return passed < UINT32_MAX ? passed : UINT32_MAX;
}
