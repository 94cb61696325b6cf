/// Shells for triggers: copies of two shells that are part of the snapshot, and shells that are started for one trigger.
#ifndef CMX_SHELLS_H
#define CMX_SHELLS_H

#include <stddef.h>
#include <sys/types.h>

#include "../kit/namespaces.h"
#include "../kit/plan.h"

#define PROMPT "compat-matrix-prompt> "
/// In milliseconds of the host's clock: what takes a second in a guest on a quiet host can take twenty on a busy one, and
/// only a shell that hangs is ever waited for so long.
#define PROMPT_LIMIT 20000

/// A shell that runs one trigger, its latest output, and how much of that was examined.
struct shell {
    pid_t pid;
    /// Of its terminal, where it has one; else its standard output and error.
    int output;
    char seen[4096];
    size_t length;
};

/// Processes of the trigger service that outlive a cell, for the agent, which shares this memory.
struct waiting_shells {
    /// 0 if there is none.
    pid_t typed;
    pid_t commands;
};

/// Starts both shells, so that `copy_shell` finds them; does without those that this guest cannot have.
void start_waiting_shells(struct waiting_shells *shells);

/// Makes a copy of the shell that waits for triggers of that kind, in `place`, running `command` where it is of TRIGGER_SHELL.
/// Returns 0 where there is none.
int copy_shell(enum trigger_kind kind, const char *command, const struct place *place, struct shell *shell);
/// Starts a shell. Returns 0 with `errno` set where the guest cannot.
int start_shell(enum trigger_kind kind, const char *command, const struct place *place, struct shell *shell);
/// Replaces the shell whose copy did not do what a shell does.
void replace_waiting_shell(enum trigger_kind kind);
/// Kills a shell and frees its resources.
void end_shell(struct shell *shell);

/// Waits for output at most `limit` milliseconds and keeps the end of it. Returns 0 once there is no more to come. With `hangup`, a
/// socket, it also returns when that is closed by its other end, and sets `*is_alone`.
int read_output(struct shell *shell, int limit, int hangup, int *is_alone);
/// Waits for a prompt in the output that was not examined yet, and returns whether it came.
int await_prompt(struct shell *shell, int limit, int hangup);
/// Types `text` and the return key.
void type_text(const struct shell *shell, const char *text);

#endif
