#include "messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kit/frames.h"
#include "loader.h"

static char *messages;
static size_t messages_length;

void keep_line(const char *line, size_t length)
{
    if (length == 0)
        return;
    char *longer = realloc(messages, messages_length + length);
    if (longer != NULL) {
        messages = longer;
        memcpy(messages + messages_length, line, length);
        messages_length += length;
    }
}

int keep_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
    if (level == LIBBPF_DEBUG)
        return 0;
    // Said of whatever goes wrong once the maps are there: the target of a program is looked up after that.
    if (strstr(format, "failed to load: ") != NULL)
        observe_preparation();
    char *line;
    int length = vasprintf(&line, format, arguments);
    if (length < 0)
        return 0;
    keep_line(line, length);
    free(line);
    return length;
}

void say(const char *format, ...)
{
    char line[OUR_LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    size_t length = write_our_line(line, format, arguments);
    va_end(arguments);
    keep_line(line, length);
}

size_t mark_messages(void)
{
    return messages_length;
}

void forget_messages(size_t mark)
{
    messages_length = mark;
}

void repeat_messages(uint32_t cell, uint32_t program)
{
    report_log(cell, program, CMX_LOG_LOADER, messages, messages_length);
}

void report_messages(uint32_t cell, uint32_t program)
{
    repeat_messages(cell, program);
    messages_length = 0;
}
