/// The stage plan of a cell: what to do after the load. docs/protocol.md specifies its format.
#ifndef CMX_PLAN_H
#define CMX_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "finding.h"

struct plan_attach {
    const char *program;
    const char *target;
};

/// What an application sets of a map between open and load.
struct plan_map {
    const char *name;
    /// 0 to leave it as it is.
    uint32_t max_entries;
    /// NULL to leave it as it is.
    const char *pin;
    /// The template of an array or hash of maps; its type is 0 to leave it as it is.
    uint32_t inner_type;
    uint32_t inner_key_size;
    uint32_t inner_value_size;
    uint32_t inner_max_entries;
};

struct plan_capability {
    /// As in linux/capability.h.
    uint32_t number;
    /// As `CAP_BPF`.
    const char *name;
};

struct plan_sysctl {
    /// As `kernel.unprivileged_bpf_disabled`.
    const char *name;
    const char *value;
};

enum trigger_kind {
    TRIGGER_NONE,
    /// A line typed at bash's prompt.
    TRIGGER_TYPE,
    /// A command of `bash -c`.
    TRIGGER_SHELL,
};

/// Texts are never NULL unless noted, and live as long as the plan.
struct plan {
    /// The contents of the file, which hold all texts.
    char *text;
    struct plan_attach *attaches;
    size_t attach_count;
    /// Programs that are loaded and not attached; NULL for none, otherwise NULL-terminated.
    char **excluded;
    /// Whether to stop after the load.
    int stops_at_load;
    /// Whether to give maps without a size one for the trial.
    int sizes_maps;
    struct plan_map *maps;
    size_t map_count;
    /// Sysctls that have these values while the cell runs.
    struct plan_sysctl *sysctls;
    size_t sysctl_count;
    /// Whether the cell runs as `user` with `capabilities` only; otherwise, as root with all of them.
    int has_user;
    uint32_t user;
    struct plan_capability *capabilities;
    size_t capability_count;
    /// A tracefs event instead of an object; `kind` is NULL if there is none.
    struct plan_tracefs {
        const char *kind;
        const char *target;
        const char *fetch;
    } tracefs;
    /// A user's executable instead of an object; `program` is NULL if there is none.
    struct plan_exec {
        /// Its path in its root directory, which is a directory of the guest.
        const char *program;
        const char *root;
        /// NULL-terminated lists; the first argument is the name of the executable.
        char **arguments;
        char **environment;
        /// The exit status that counts as a pass; negative if the exit status does not matter.
        int status;
        /// A text that a line of its output must contain; empty for none.
        const char *line;
    } exec;
    enum trigger_kind trigger;
    const char *trigger_text;
    /// Whether the cell waits for an event.
    int awaits_event;
    /// Empty for the object's only map.
    const char *event_map;
    /// Empty to accept any event.
    const char *contains;
};

/// Reads the plan at `path`. Returns 1, or 0 with the error in `problem`.
int read_plan(const char *path, struct plan *plan, struct finding *problem);
/// Frees what `read_plan` allocated; a zeroed plan is empty.
void forget_plan(struct plan *plan);
/// Where the plan attaches that program; NULL to attach as the section specifies, also without a plan.
const char *plan_target(const struct plan *plan, const char *program);
/// Whether the plan names that program as one to attach.
int plan_names(const struct plan *plan, const char *program);
/// Whether that program is not attached. `is_optional`: its section excludes it unless the plan names it.
int plan_excludes(const struct plan *plan, const char *program, int is_optional);
/// Creates the directories of all pins, as an application's installation does: not every library creates them.
void make_pin_folders(const struct plan *plan);

#endif
