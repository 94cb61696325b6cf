/// The sysctls of a cell: each guest has one cell at a time, so they are set for the whole guest and then restored.
#ifndef CMX_SYSCTLS_H
#define CMX_SYSCTLS_H

#include "../kit/plan.h"

/// Reads the values that the plan's sysctls have now; to be freed with `restore_sysctls`.
char **save_sysctls(const struct plan *plan);
/// Sets them. Returns 0 with the error in `problem`.
int set_sysctls(const struct plan *plan, struct finding *problem);
/// Writes what `save_sysctls` read, if it has changed. Returns NULL, or the name of one that cannot be restored.
const char *restore_sysctls(const struct plan *plan, char **saved);

#endif
