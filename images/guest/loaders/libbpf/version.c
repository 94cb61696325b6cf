#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "loader.h"

/// Like KERNEL_VERSION(): a third number above 255 counts as 255.
static unsigned version_in(const char *text)
{
    unsigned major, minor, patch;
    if (sscanf(text, "%u.%u.%u", &major, &minor, &patch) != 3)
        return 0;
    return (major << 16) + (minor << 8) + (patch > 255 ? 255 : patch);
}

uint32_t version_code(void)
{
    static unsigned code;
    if (code != 0)
        return code;
    struct utsname name;
    uname(&name);
    char signature[256] = "";
    FILE *file = fopen("/proc/version_signature", "r");
    if (file != NULL) {
        if (fgets(signature, sizeof(signature), file) == NULL)
            signature[0] = '\0';
        fclose(file);
    }
    const char *ubuntu = strrchr(signature, ' '), *debian = strstr(name.version, "Debian ");
    code = ubuntu ? version_in(ubuntu) : debian ? version_in(debian + strlen("Debian ")) : 0;
    return code = code ? code : version_in(name.release);
}
