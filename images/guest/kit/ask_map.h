/// Whether a kernel has a type of map, asked with attributes that nothing is wrong with.
#ifndef CMX_KIT_ASK_MAP_H
#define CMX_KIT_ASK_MAP_H

#include <stdint.h>

/// 1 for yes, 0 for no; negative where it cannot be asked without more than the type.
int has_map_type(uint32_t type);

#endif
