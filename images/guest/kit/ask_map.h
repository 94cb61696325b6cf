/// Whether a kernel has a map type, found out by creating a valid map of it.
#ifndef CMX_KIT_ASK_MAP_H
#define CMX_KIT_ASK_MAP_H

#include <stdint.h>

/// 1 for yes, 0 for no; negative if the type alone is not enough to find out.
int has_map_type(uint32_t type);

#endif
