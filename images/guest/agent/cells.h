/// Runs cells, in resident loaders or in a loader that is started for one cell.
#ifndef CMX_CELLS_H
#define CMX_CELLS_H

#include "guest_protocol.h"

/// The path of a loader is /bin/loader-<name>.
#define LOADER_PREFIX "loader-"

/// Executes the loader, with `descriptor` as CMX_LOADER_FD or CMX_RESIDENT_FD. `arguments[0]` is the loader's name.
__attribute__((noreturn)) void exec_loader(const char *const *arguments, int descriptor);

/// Runs one cell, forwards its frames and returns how its loader ended. Without an object and a plan, the libbpf loader
/// examines the kernel instead.
struct cmx_cell_end run_cell(void *mailbox, const struct cmx_load *load);
/// A sysctl that kept the value that a cell gave it; NULL for none.
const char *spoiled_sysctl(void);

#endif
