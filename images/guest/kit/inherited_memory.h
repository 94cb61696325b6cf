/// Memory that a resident loader's children inherit.
#ifndef CMX_INHERITED_MEMORY_H
#define CMX_INHERITED_MEMORY_H

/// Moves the large areas of this process's private memory into files in memory, mapped privately at the same addresses.
///
/// fork copies the page tables of private memory entry by entry, and an exit undoes that. It leaves out those of a file
/// that the process has only read: a page fault fills them. The kernel's parsed BTF takes thousands of pages, of which a
/// cell needs few. For a process with one thread; memory that cannot be moved stays as it is.
void move_memory_for_children(void);

#endif
