#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../../kit/tracing.h"
#include "tracefs.h"

static int is_return(const struct plan_tracefs *plan)
{
    return strcmp(plan->kind, "kretprobe") == 0 || strcmp(plan->kind, "uretprobe") == 0;
}

static int is_uprobe(const struct plan_tracefs *plan)
{
    return plan->kind[0] == 'u';
}

/// An event's name consists of letters, digits and underscores.
static void name_event(const char *symbol, char *name, size_t bytes)
{
    size_t length = 0;
    if (isdigit((unsigned char)symbol[0]))
        name[length++] = '_';
    for (; *symbol != '\0' && *symbol != '+' && length + 1 < bytes; symbol++)
        name[length++] = isalnum((unsigned char)*symbol) ? *symbol : '_';
    name[length] = '\0';
}

/// Writes the probe's location to `place`, in the syntax of tracefs.
static int find_place(const struct plan_tracefs *plan, char *place, size_t bytes, struct finding *problem)
{
    const char *colon = strrchr(plan->target, ':');
    if (!is_uprobe(plan)) {
        snprintf(place, bytes, "%s", plan->target);
        return 0;
    }
    if (colon == NULL || (size_t)(colon - plan->target) >= 256) {
        *problem = FINDING(TARGET_NOT_PATH_AND_SYMBOL, plan->target);
        return -EINVAL;
    }
    char path[256];
    unsigned long offset;
    memcpy(path, plan->target, colon - plan->target);
    path[colon - plan->target] = '\0';
    int error = find_function(path, colon + 1, &offset);
    if (error)
        *problem = FINDING(SYMBOL_NOT_FOUND, colon + 1, path, strerror(-error));
    else
        snprintf(place, bytes, "%s:0x%lx", path, offset);
    return error;
}

/// Writes the definition in the syntax of tracefs.
static void describe(const struct plan_tracefs *plan, struct definition *definition, const char *place,
                     const char *fetch)
{
    snprintf(definition->text, sizeof(definition->text), "%c:" TRACING_GROUP "/%s %s %s", is_return(plan) ? 'r' : 'p',
             definition->name, place, fetch);
}

static int write_definition(const struct plan_tracefs *plan, struct definition *definition, const char *place,
                            const char *fetch)
{
    describe(plan, definition, place, fetch);
    return write_tracing(definition->file, definition->text, O_APPEND);
}

/// For kernels before 3.14, whose uprobes fetch only registers: the reader of the line then reads the memory itself.
static int write_without_dereference(const struct plan_tracefs *plan, struct definition *definition, const char *place)
{
    // The register of a return value on x86-64, for kernels that also lack $retval at a uprobe.
    static const char *const return_values[] = {"$retval", "%ax"};
    char fetch[512];
    int error = -EINVAL;
    for (size_t i = 0; error == -EINVAL && i < sizeof(return_values) / sizeof(return_values[0]); i++) {
        definition->string_count = 0;
        if (!fetch_addresses(plan->fetch, return_values[i], definition, fetch, sizeof(fetch)))
            break;
        error = write_definition(plan, definition, place, fetch);
    }
    return error;
}

static int enable(const struct definition *definition)
{
    char file[160];
    snprintf(file, sizeof(file), "events/" TRACING_GROUP "/%s/enable", definition->name);
    return write_tracing(file, "1", 0);
}

int define_event(const struct plan_tracefs *plan, struct definition *definition, struct finding *finding)
{
    char place[512];
    const char *colon = is_uprobe(plan) ? strrchr(plan->target, ':') : NULL;
    *definition = (struct definition){.file = is_uprobe(plan) ? "uprobe_events" : "kprobe_events"};
    name_event(colon == NULL ? plan->target : colon + 1, definition->name, sizeof(definition->name));
    int error = find_place(plan, place, sizeof(place), finding);
    if (error)
        return error;
    error = write_definition(plan, definition, place, plan->fetch);
    if (error == -EINVAL && is_uprobe(plan)) {
        error = write_without_dereference(plan, definition, place);
        if (error == 0)
            *finding = FINDING(STRINGS_READ_LATER);
    }
    if (error) {
        describe(plan, definition, place, plan->fetch);
        *finding = error == -EINVAL ? FINDING(DEFINITION_REJECTED, definition->file, definition->text)
                                    : FINDING(DEFINITION_FAILED, definition->file, definition->text, strerror(-error));
        return error;
    }
    error = enable(definition);
    if (error)
        *finding = FINDING(EVENT_NOT_ENABLED, definition->text, strerror(-error));
    return error;
}

void remove_event(const struct definition *definition)
{
    char text[160];
    snprintf(text, sizeof(text), "events/" TRACING_GROUP "/%s/enable", definition->name);
    write_tracing(text, "0", 0);
    snprintf(text, sizeof(text), "-:" TRACING_GROUP "/%s", definition->name);
    write_tracing(definition->file, text, O_APPEND);
}
