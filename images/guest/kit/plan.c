#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

/// More than the host ever writes.
#define MAX_PLAN_BYTES (64 << 10)
#define MAX_FIELDS 6

static int take_attach(struct plan *plan, const char *const *fields)
{
    // `attach` alone: attach all programs as their sections specify.
    if (fields[1][0] == '\0')
        return 1;
    struct plan_attach *more = realloc(plan->attaches, (plan->attach_count + 1) * sizeof(*more));
    if (more == NULL)
        return 0;
    plan->attaches = more;
    more[plan->attach_count++] = (struct plan_attach){fields[1], fields[2]};
    return 1;
}

static int take_load(struct plan *plan, const char *const *fields)
{
    (void)fields;
    plan->stops_at_load = 1;
    return 1;
}

static int take_trial_sizes(struct plan *plan, const char *const *fields)
{
    (void)fields;
    plan->sizes_maps = 1;
    return 1;
}

/// The settings of that map, empty if there are none yet; NULL if there is no memory.
static struct plan_map *settings_of(struct plan *plan, const char *map)
{
    for (size_t i = 0; i < plan->map_count; i++)
        if (strcmp(plan->maps[i].name, map) == 0)
            return &plan->maps[i];
    struct plan_map *more = realloc(plan->maps, (plan->map_count + 1) * sizeof(*more));
    if (more == NULL)
        return NULL;
    plan->maps = more;
    more[plan->map_count] = (struct plan_map){.name = map};
    return &more[plan->map_count++];
}

static uint32_t number(const char *text)
{
    return strtoul(text, NULL, 10);
}

static int take_max_entries(struct plan *plan, const char *const *fields)
{
    struct plan_map *map = settings_of(plan, fields[1]);
    if (map != NULL)
        map->max_entries = number(fields[2]);
    return map != NULL;
}

static int take_pin(struct plan *plan, const char *const *fields)
{
    struct plan_map *map = settings_of(plan, fields[1]);
    if (map != NULL)
        map->pin = fields[2];
    return map != NULL;
}

static int take_inner(struct plan *plan, const char *const *fields)
{
    struct plan_map *map = settings_of(plan, fields[1]);
    if (map == NULL)
        return 0;
    map->inner_type = number(fields[2]);
    map->inner_key_size = number(fields[3]);
    map->inner_value_size = number(fields[4]);
    map->inner_max_entries = number(fields[5]);
    return 1;
}

static int take_user(struct plan *plan, const char *const *fields)
{
    plan->has_user = 1;
    plan->user = number(fields[1]);
    return 1;
}

static int take_capability(struct plan *plan, const char *const *fields)
{
    size_t count = plan->capability_count;
    struct plan_capability *more = realloc(plan->capabilities, (count + 1) * sizeof(*more));
    if (more == NULL)
        return 0;
    plan->capabilities = more;
    more[plan->capability_count++] = (struct plan_capability){number(fields[1]), fields[2]};
    // A set of 64 bits.
    return more[count].number < 64;
}

static int take_sysctl(struct plan *plan, const char *const *fields)
{
    struct plan_sysctl *more = realloc(plan->sysctls, (plan->sysctl_count + 1) * sizeof(*more));
    if (more == NULL)
        return 0;
    plan->sysctls = more;
    more[plan->sysctl_count++] = (struct plan_sysctl){fields[1], fields[2]};
    return 1;
}

static int take_tracefs(struct plan *plan, const char *const *fields)
{
    plan->tracefs = (struct plan_tracefs){fields[1], fields[2], fields[3]};
    return 1;
}

/// Appends a text to a list that ends with NULL.
static int append(char ***list, const char *text)
{
    size_t count = 0;
    while (*list != NULL && (*list)[count] != NULL)
        count++;
    char **longer = realloc(*list, (count + 2) * sizeof(*longer));
    if (longer == NULL)
        return 0;
    longer[count] = (char *)text;
    longer[count + 1] = NULL;
    *list = longer;
    return 1;
}

static int take_exclude(struct plan *plan, const char *const *fields)
{
    return append(&plan->excluded, fields[1]);
}

static int take_exec(struct plan *plan, const char *const *fields)
{
    plan->exec.root = fields[1];
    plan->exec.program = fields[2];
    return append(&plan->exec.arguments, fields[2]);
}

static int take_argument(struct plan *plan, const char *const *fields)
{
    return append(&plan->exec.arguments, fields[1]);
}

static int take_environment(struct plan *plan, const char *const *fields)
{
    return append(&plan->exec.environment, fields[1]);
}

static int take_status(struct plan *plan, const char *const *fields)
{
    plan->exec.status = atoi(fields[1]);
    return 1;
}

static int take_output(struct plan *plan, const char *const *fields)
{
    plan->exec.line = fields[1];
    return 1;
}

static int take_trigger(struct plan *plan, const char *const *fields)
{
    if (strcmp(fields[1], "type") == 0)
        plan->trigger = TRIGGER_TYPE;
    else if (strcmp(fields[1], "shell") == 0)
        plan->trigger = TRIGGER_SHELL;
    plan->trigger_text = fields[2];
    return plan->trigger != TRIGGER_NONE;
}

static int take_event(struct plan *plan, const char *const *fields)
{
    plan->awaits_event = 1;
    plan->event_map = fields[1];
    return 1;
}

static int take_contains(struct plan *plan, const char *const *fields)
{
    plan->awaits_event = 1;
    plan->contains = fields[1];
    return 1;
}

static const struct directive {
    const char *name;
    /// The last field is the rest of the line.
    size_t fields;
    /// Returns 0 for invalid fields. `fields` has MAX_FIELDS entries; those missing in the line are empty.
    int (*take)(struct plan *plan, const char *const *fields);
} directives[] = {
    {"attach", 3, take_attach},
    {"tracefs", 4, take_tracefs},
    {"trigger", 3, take_trigger},
    {"event", 2, take_event},
    {"contains", 2, take_contains},
    {"exec", 3, take_exec},
    {"argument", 2, take_argument},
    {"environment", 2, take_environment},
    {"status", 2, take_status},
    {"output", 2, take_output},
    {"exclude", 2, take_exclude},
    {"load", 1, take_load},
    {"trial-sizes", 1, take_trial_sizes},
    {"max-entries", 3, take_max_entries},
    {"pin", 3, take_pin},
    {"inner", 6, take_inner},
    {"user", 2, take_user},
    {"capability", 3, take_capability},
    {"sysctl", 3, take_sysctl},
};

static int take_line(struct plan *plan, char *line)
{
    size_t name_length = strcspn(line, "\t");
    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        const struct directive *directive = &directives[i];
        if (strlen(directive->name) != name_length || strncmp(line, directive->name, name_length) != 0)
            continue;
        const char *fields[MAX_FIELDS] = {"", "", "", "", "", ""};
        char *rest = line;
        for (size_t field = 0; field < directive->fields && rest != NULL; field++)
            fields[field] = field + 1 < directive->fields ? strsep(&rest, "\t") : rest;
        return directive->take(plan, fields);
    }
    return 0;
}

/// The file's text, NUL-terminated; NULL, with `errno` set, if it cannot be read.
static char *read_text(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    char *text = file < 0 ? NULL : calloc(1, MAX_PLAN_BYTES + 1);
    ssize_t length = text == NULL ? -1 : read(file, text, MAX_PLAN_BYTES);
    if (file >= 0)
        close(file);
    return length < 0 ? NULL : text;
}

int read_plan(const char *path, struct plan *plan, struct finding *problem)
{
    *plan = (struct plan){.text = read_text(path),
                          .trigger_text = "",
                          .event_map = "",
                          .contains = "",
                          .exec = {.status = -1, .line = ""}};
    char *rest = plan->text;
    if (rest == NULL) {
        *problem = FINDING(PLAN_UNREADABLE, strerror(errno));
        return 0;
    }
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (line[0] != '\0' && !take_line(plan, line)) {
            *problem = FINDING(PLAN_LINE_UNKNOWN, line);
            return 0;
        }
    }
    return 1;
}

void forget_plan(struct plan *plan)
{
    free(plan->exec.arguments);
    free(plan->exec.environment);
    free(plan->attaches);
    free(plan->excluded);
    free(plan->maps);
    free(plan->capabilities);
    free(plan->sysctls);
    free(plan->text);
    *plan = (struct plan){0};
}

static const struct plan_attach *find_attach(const struct plan *plan, const char *program)
{
    for (size_t i = 0; plan != NULL && i < plan->attach_count; i++)
        if (strcmp(plan->attaches[i].program, program) == 0)
            return &plan->attaches[i];
    return NULL;
}

const char *plan_target(const struct plan *plan, const char *program)
{
    const struct plan_attach *attach = find_attach(plan, program);
    return attach == NULL || attach->target[0] == '\0' ? NULL : attach->target;
}

int plan_names(const struct plan *plan, const char *program)
{
    return find_attach(plan, program) != NULL;
}

int plan_excludes(const struct plan *plan, const char *program, int is_optional)
{
    for (size_t i = 0; plan->excluded != NULL && plan->excluded[i] != NULL; i++)
        if (strcmp(plan->excluded[i], program) == 0)
            return 1;
    return is_optional && !plan_names(plan, program);
}

void make_pin_folders(const struct plan *plan)
{
    for (size_t i = 0; i < plan->map_count; i++) {
        char *path = plan->maps[i].pin == NULL ? NULL : strdup(plan->maps[i].pin);
        if (path != NULL)
            make_folders(path);
        free(path);
    }
}
