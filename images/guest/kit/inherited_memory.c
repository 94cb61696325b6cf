#include "inherited_memory.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Smaller ones are not worth a file.
#define LEAST_BYTES (256u << 10)
#define MOST_AREAS 64
/// The bit of a /proc/self/pagemap entry that is set for a page with content.
#define PAGE_IS_PRESENT (UINT64_C(1) << 63)

struct area {
    uintptr_t start, end;
};

/// The heap and other writable anonymous memory, without the stack, which is in use meanwhile.
static size_t find_areas(struct area areas[MOST_AREAS])
{
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL)
        return 0;
    size_t count = 0;
    char line[512];
    while (count < MOST_AREAS && fgets(line, sizeof(line), maps) != NULL) {
        struct area area;
        char access[8], name[128] = "";
        unsigned long inode;
        int fields = sscanf(line, "%lx-%lx %7s %*s %*s %lu %127s", &area.start, &area.end, access, &inode, name);
        if (fields >= 4 && strcmp(access, "rw-p") == 0 && inode == 0 && area.end - area.start >= LEAST_BYTES &&
            (name[0] == '\0' || strcmp(name, "[heap]") == 0))
            areas[count++] = area;
    }
    fclose(maps);
    return count;
}

/// Copies the pages with content; the file has holes in place of the others.
static int copy_area(struct area area, int pagemap, int file)
{
    uint64_t entries[512];
    const size_t most = sizeof(entries) / sizeof(entries[0]), page = sysconf(_SC_PAGESIZE);
    if (ftruncate(file, area.end - area.start) != 0)
        return 0;
    for (uintptr_t start = area.start; start < area.end; start += most * page) {
        size_t left = (area.end - start) / page, count = left < most ? left : most;
        ssize_t bytes = count * sizeof(entries[0]);
        if (pread(pagemap, entries, bytes, start / page * sizeof(entries[0])) != bytes)
            return 0;
        for (size_t first = 0, end; first < count; first = end + 1) {
            for (end = first; end < count && (entries[end] & PAGE_IS_PRESENT) != 0; end++)
                continue;
            ssize_t size = (end - first) * page;
            uintptr_t address = start + first * page;
            if (size > 0 && pwrite(file, (void *)address, size, address - area.start) != size)
                return 0;
        }
    }
    return 1;
}

void move_memory_for_children(void)
{
    struct area areas[MOST_AREAS];
    size_t count = find_areas(areas);
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    // Nothing may write to the areas from here on, so nothing allocates.
    for (size_t i = 0; pagemap >= 0 && i < count; i++) {
        int file = syscall(SYS_memfd_create, "inherited", MFD_CLOEXEC);
        if (file < 0)
            break;
        if (copy_area(areas[i], pagemap, file))
            mmap((void *)areas[i].start, areas[i].end - areas[i].start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                 file, 0);
        close(file);
    }
    if (pagemap >= 0)
        close(pagemap);
}
