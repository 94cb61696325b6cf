#include "messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kit/frames.h"
#include "loader.h"

static char *messages;
static size_t messages_length;

static struct placed_finding {
    /// How much of the messages precedes it.
    size_t place;
    struct finding finding;
} *findings;
static size_t finding_count;

static void keep_text(const char *line, size_t length)
{
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
    // Printed for any failure once the maps exist: libbpf looks up a program's target after that.
    if (strstr(format, "failed to load: ") != NULL)
        observe_preparation();
    char *line;
    int length = vasprintf(&line, format, arguments);
    if (length < 0)
        return 0;
    if (length > 0)
        keep_text(line, length);
    free(line);
    return length;
}

void keep_finding(struct finding finding)
{
    struct placed_finding *more = realloc(findings, (finding_count + 1) * sizeof(*more));
    if (more == NULL)
        return;
    findings = more;
    findings[finding_count++] = (struct placed_finding){messages_length, finding};
}

void keep_answer(struct finding answer)
{
    if (answer.code != 0)
        keep_finding(answer);
}

struct message_mark mark_messages(void)
{
    return (struct message_mark){messages_length, finding_count};
}

int has_messages_since(struct message_mark mark)
{
    return messages_length > mark.length || finding_count > mark.findings;
}

void forget_messages(struct message_mark mark)
{
    messages_length = mark.length;
    finding_count = mark.findings;
}

void repeat_messages(uint32_t cell, uint32_t program)
{
    size_t done = 0;
    for (size_t i = 0; i < finding_count; i++) {
        report_log(cell, program, CMX_LOG_LOADER, messages + done, findings[i].place - done);
        report_finding(cell, program, findings[i].finding);
        done = findings[i].place;
    }
    report_log(cell, program, CMX_LOG_LOADER, messages + done, messages_length - done);
}

void report_messages(uint32_t cell, uint32_t program)
{
    repeat_messages(cell, program);
    forget_messages((struct message_mark){0});
}
