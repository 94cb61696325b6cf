#include "finding.h"

#include <stdio.h>
#include <string.h>

struct finding make_finding(enum cmx_finding_code code, size_t count, const char *const *arguments)
{
    struct finding finding = {.code = code, .argument_count = count};
    for (size_t i = 0; i < count; i++) {
        // Each remaining argument needs at least a NUL.
        size_t room = sizeof(finding.arguments) - finding.length - (count - i);
        size_t length = strnlen(arguments[i], room);
        memcpy(finding.arguments + finding.length, arguments[i], length);
        finding.length += length + 1;
    }
    return finding;
}

const char *write_number(char text[NUMBER_BYTES], long long number)
{
    snprintf(text, NUMBER_BYTES, "%lld", number);
    return text;
}

const char *finding_argument(const struct finding *finding, size_t index)
{
    const char *argument = finding->arguments;
    const char *end = finding->arguments + finding->length;
    for (; index > 0 && argument < end; index--)
        argument += strlen(argument) + 1;
    return argument < end ? argument : "";
}
