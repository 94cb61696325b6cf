/// Runs cells, in loaders that stay or in one that is started for the cell.
#ifndef CMX_CELLS_H
#define CMX_CELLS_H

#include "guest_protocol.h"

/// A loader lies at /bin/loader-<name>.
#define LOADER_PREFIX "loader-"

/// Becomes the loader, with `descriptor` where loaders look for theirs. `arguments[0]` is the loader's name.
__attribute__((noreturn)) void exec_loader(const char *const *arguments, int descriptor);

/// Runs one cell and passes its frames on; returns how its loader ended. The libbpf loader without an object and a plan
/// examines the kernel instead.
struct cmx_cell_end run_cell(void *mailbox, const struct cmx_load *load);

#endif
