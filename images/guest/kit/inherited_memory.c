#include "inherited_memory.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Smaller ones are not worth a file.
#define LEAST_BYTES (256u << 10)
#define MOST_AREAS 64
/// Of an entry of /proc/self/pagemap: the page has content.
#define PAGE_IS_PRESENT (UINT64_C(1) << 63)

struct area {
    uintptr_t start, end;
};

/// The heap and anonymous memory that can be written, without the stack, which is in use meanwhile.
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

/// Copies the pages that have content; a file has holes for the others.
static int copy_area(struct area area, int pagemap, int file)
{
    size_t page = sysconf(_SC_PAGESIZE);
    if (ftruncate(file, area.end - area.start) != 0)
        return 0;
    for (uintptr_t address = area.start; address < area.end; address += page) {
        uint64_t entry;
        if (pread(pagemap, &entry, sizeof(entry), address / page * sizeof(entry)) != sizeof(entry))
            return 0;
        if ((entry & PAGE_IS_PRESENT) != 0 &&
            pwrite(file, (void *)address, page, address - area.start) != (ssize_t)page)
            return 0;
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
