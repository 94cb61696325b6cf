#include "external_btf.h"

#include <stddef.h>
#include <unistd.h>

#include "../protocol/include/guest_protocol.h"

const char *external_btf(void)
{
    if (access("/sys/kernel/btf/vmlinux", R_OK) == 0 || access(CMX_EXTERNAL_BTF, R_OK) != 0)
        return NULL;
    return CMX_EXTERNAL_BTF;
}
