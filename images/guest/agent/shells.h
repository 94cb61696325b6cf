/// Shells for triggers: copies of two shells that are part of the snapshot, and shells that are started for one trigger.
#ifndef CMX_SHELLS_H
#define CMX_SHELLS_H

#include <stddef.h>
#include <sys/types.h>

#include "../kit/namespaces.h"
#include "../kit/plan.h"

#define PROMPT "compat-matrix-prompt> "
/// How long to wait for a prompt, in milliseconds of the host's clock.
/// What takes a second on a quiet host can take twenty on a busy one, and only a shell that hangs takes longer.
#define PROMPT_LIMIT 20000

/// A shell that runs one trigger, its latest output, and how much of that was examined.
struct shell {
    pid_t pid;
    /// Its terminal, if it has one; otherwise its standard output and error.
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

/// Starts both shells for `copy_shell`; skips those that this guest cannot run.
void start_waiting_shells(struct waiting_shells *shells);

/// Copies the shell that waits for triggers of that kind into `place`; a TRIGGER_SHELL runs `command`.
/// Returns 0 if there is none.
int copy_shell(enum trigger_kind kind, const char *command, const struct place *place, struct shell *shell);
/// Starts a shell. Returns 0, with `errno` set, on failure.
int start_shell(enum trigger_kind kind, const char *command, const struct place *place, struct shell *shell);
/// Replaces the waiting shell after a copy of it misbehaved.
void replace_waiting_shell(enum trigger_kind kind);
/// Kills a shell and frees its resources.
void end_shell(struct shell *shell);

/// Waits at most `limit` milliseconds for output and keeps the end of it. Returns 0 once the output has ended.
/// With `hangup`, a socket, it also returns when the other end closes it, and sets `*is_alone`.
int read_output(struct shell *shell, int limit, int hangup, int *is_alone);
/// Waits for a prompt in output not yet examined, and returns whether it arrived.
int await_prompt(struct shell *shell, int limit, int hangup);
/// Types `text` and the return key.
void type_text(const struct shell *shell, const char *text);

#endif
