/// Strings for kernels whose uprobe events fetch registers only.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracefs.h"

/// Parses `[name=]+offset(register)[:string]` of tracefs. Returns 0 for anything else.
static int parse_argument(char *argument, struct string_argument *string, const char **source)
{
    char *equals = strchr(argument, '=');
    char *fetch = equals == NULL ? argument : equals + 1;
    if (equals != NULL)
        *equals = '\0';
    snprintf(string->name, sizeof(string->name), "%.63s", equals == NULL ? "" : argument);
    char *open = strchr(fetch, '('), *close = strchr(fetch, ')');
    if (open == NULL || close == NULL || (fetch[0] != '+' && fetch[0] != '-') || strcmp(close, "):string") != 0)
        return 0;
    *close = '\0';
    string->offset = strtol(fetch, NULL, 0);
    *source = open + 1;
    return **source == '%' || **source == '$';
}

int fetch_addresses(const char *arguments, const char *return_value, struct definition *definition, char *fetch,
                    size_t bytes)
{
    char copy[512], *rest = copy;
    size_t length = 0;
    snprintf(copy, sizeof(copy), "%s", arguments);
    fetch[0] = '\0';
    for (char *argument; (argument = strsep(&rest, " ")) != NULL;) {
        const char *source;
        struct string_argument *string = &definition->strings[definition->string_count];
        if (argument[0] == '\0')
            continue;
        if (definition->string_count == MAX_STRINGS || !parse_argument(argument, string, &source))
            return 0;
        definition->string_count++;
        if (string->name[0] == '\0')
            snprintf(string->name, sizeof(string->name), "arg%zu", definition->string_count);
        length += snprintf(fetch + length, bytes - length, "%s=%s ", string->name,
                           strcmp(source, "$retval") == 0 ? return_value : source);
        if (length >= bytes)
            return 0;
    }
    return definition->string_count > 0;
}

/// The pid in `            bash-57    [000] d...     1.9: readline: …`.
static pid_t process_of(const char *line)
{
    const char *processor = strstr(line, " [");
    if (processor == NULL)
        return 0;
    while (processor > line && *processor == ' ')
        processor--;
    while (processor > line && *processor != '-')
        processor--;
    return atoi(processor + 1);
}

/// Reads up to the end of the string or of the page; returns whether it read anything.
static int read_string(pid_t process, unsigned long address, char *text, size_t bytes)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", process);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory < 0)
        return 0;
    ssize_t length = pread(memory, text, bytes - 1, address);
    // The string may end just before unmapped memory.
    if (length < 0)
        length = pread(memory, text, 4096 - address % 4096 < bytes - 1 ? 4096 - address % 4096 : bytes - 1, address);
    close(memory);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

void resolve_strings(const struct definition *definition, char *line, size_t bytes)
{
    for (size_t i = 0; i < definition->string_count; i++) {
        char label[80], text[256], rest[512];
        snprintf(label, sizeof(label), " %s=", definition->strings[i].name);
        char *value = strstr(line, label);
        if (value == NULL)
            continue;
        value += strlen(label);
        char *end;
        unsigned long address = strtoul(value, &end, 16) + definition->strings[i].offset;
        if (!read_string(process_of(line), address, text, sizeof(text)))
            continue;
        snprintf(rest, sizeof(rest), "%s", end);
        snprintf(value, bytes - (value - line), "\"%s\"%s", text, rest);
    }
}
