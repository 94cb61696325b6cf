/// The user and capabilities of a cell, and what bpf() requires of them.
#ifndef CMX_PRIVILEGES_H
#define CMX_PRIVILEGES_H

#include <stdint.h>

#include "plan.h"

/// Reports the capabilities that the plan grants and this kernel does not have.
void report_absent_capabilities(uint32_t cell, const struct plan *plan);
/// Whether this kernel can run a program as the plan's user with the capabilities that the plan grants.
int can_take_privileges(const struct plan *plan);
/// Makes this process that of the plan's user, with no other capabilities than the plan grants; exec keeps both.
/// Returns 0, with `errno` set, on failure.
int take_privileges(const struct plan *plan);

/// The capability that bpf() requires for programs of that type and this process does not have: `CAP_PERFMON`.
/// NULL if it has all of them.
const char *missing_capability(uint32_t program_type);
/// The same for maps of that type.
const char *missing_map_capability(uint32_t map_type);

#endif
