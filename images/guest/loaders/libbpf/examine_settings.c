#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <zlib.h>

#include "examine.h"

static const struct {
    const char *name;
    const char *file;
} settings[] = {
    {"banner", "/proc/version"},
    {"consoles", "/proc/consoles"},
    {"unprivileged_bpf_disabled", "/proc/sys/kernel/unprivileged_bpf_disabled"},
    {"bpf_jit_enable", "/proc/sys/net/core/bpf_jit_enable"},
    {"bpf_jit_harden", "/proc/sys/net/core/bpf_jit_harden"},
    {"lockdown", "/sys/kernel/security/lockdown"},
    {"lsm", "/sys/kernel/security/lsm"},
};

static void report_setting(uint32_t cell, const char *name, const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        length--;
    report_fact(cell, CMX_FACT_SETTING, name, 1, text, length);
}

static void report_file(uint32_t cell, const char *name, const char *path)
{
    char text[4096];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = '\0';
    report_setting(cell, name, text);
}

static void report_tracefs(uint32_t cell)
{
    const char *folder = tracefs_folder();
    if (folder != NULL)
        report_setting(cell, "tracefs", folder);
}

/// Needs CONFIG_IKCONFIG_PROC.
static void report_config(uint32_t cell)
{
    static char text[128 << 10];
    gzFile file = gzopen("/proc/config.gz", "rb");
    if (file == NULL)
        return;
    for (int length; (length = gzread(file, text, sizeof(text))) > 0;)
        report_fact(cell, CMX_FACT_CONFIG, "", 1, text, length);
    gzclose(file);
}

void examine_settings(uint32_t cell)
{
    // This process has its own mount namespace.
    mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
    for (size_t i = 0; i < COUNT(settings); i++)
        report_file(cell, settings[i].name, settings[i].file);
    report_tracefs(cell);
    report_config(cell);
}
