#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "loader.h"

/// Reserved, not used: pages come into being as the kernel writes them, and go with the next load.
char *empty_log_buffer(void)
{
    static char *buffer;
    if (buffer == NULL) {
        buffer = mmap(NULL, LARGEST_LOG_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (buffer == MAP_FAILED) {
            fprintf(stderr, "loader-libbpf: no memory for a log\n");
            exit(70);
        }
    }
    madvise(buffer, LARGEST_LOG_BYTES, MADV_DONTNEED);
    return buffer;
}

/// MemFree comes first in the file, and stands where there is no MemAvailable (before Linux 3.14).
static size_t available_bytes(void)
{
    size_t kibibytes = 0;
    char line[128];
    FILE *file = fopen("/proc/meminfo", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "MemFree: %zu", &kibibytes) == 1 || sscanf(line, "MemAvailable: %zu", &kibibytes) == 1)
            continue;
    if (file != NULL)
        fclose(file);
    return kibibytes << 10;
}

size_t fitting_log_bytes(void)
{
    // The rest is for the verifier's states, which it keeps while it writes.
    size_t bytes = available_bytes() / 4 * 3;
    if (bytes < SMALLEST_LOG_BYTES)
        return SMALLEST_LOG_BYTES;
    return bytes < LARGEST_LOG_BYTES ? bytes : LARGEST_LOG_BYTES;
}
