#include "guest_protocol.h"

#include <stdio.h>

/// NULL for a code that is not about a plan or its trigger. The format uses up to two arguments, in order.
static const char *format_of(uint32_t code)
{
    switch (code) {
    case CMX_FINDING_PLAN_UNREADABLE:
        return "cannot read the stage plan: %s";
    case CMX_FINDING_PLAN_LINE_UNKNOWN:
        return "this guest does not know the line '%s' of the stage plan";
    case CMX_FINDING_TRIGGER_NOT_STARTED:
        return "cannot start the trigger: %s";
    case CMX_FINDING_TRIGGER_SERVICE_ENDED:
        return "the process that runs triggers in the guest has ended";
    case CMX_FINDING_BASH_MISSING:
        return "this guest has no bash for the trigger: %s";
    case CMX_FINDING_TERMINAL_MISSING:
        return "cannot open a terminal for the trigger's shell: %s";
    case CMX_FINDING_SHELL_NOT_STARTED:
        return "cannot start a shell for the trigger: %s";
    case CMX_FINDING_NO_PROMPT:
        return "bash showed no prompt within %s s: %s";
    case CMX_FINDING_COMMAND_OVERDUE:
        return "the trigger's command did not end within %s s";
    case CMX_FINDING_COMMAND_FAILED:
        return "the trigger's command ended with status %s: %s";
    default:
        return NULL;
    }
}

int cmx_write_trigger_sentence(char *line, size_t bytes, uint32_t code, const char *first, const char *second)
{
    const char *format = format_of(code);
    if (format == NULL)
        return 0;
    snprintf(line, bytes, format, first, second);
    return 1;
}
