/// Memory that a resident loader's children inherit.
#ifndef CMX_INHERITED_MEMORY_H
#define CMX_INHERITED_MEMORY_H

/// Moves the large areas of this process's private memory into files in memory, mapped privately at the same addresses.
///
/// fork copies the page table entries of private memory one by one, and exit removes them again. It skips those of file
/// mappings that were only read, which page faults fill. The kernel's parsed BTF takes thousands of pages, of which a
/// cell needs few. Only for single-threaded processes. Memory that cannot be moved stays where it is.
void move_memory_for_children(void);

#endif
