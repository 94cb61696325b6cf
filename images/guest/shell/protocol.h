/// The protocol between the trigger service and a waiting shell, over a socket of type SOCK_SEQPACKET.
#ifndef CMX_SHELL_PROTOCOL_H
#define CMX_SHELL_PROTOCOL_H

/// The descriptor of the socket in the shell, a number that scripts do not use.
#define CMX_SHELL_FD 200
/// The builtin's name, and the path of its shared object in the guest.
#define CMX_SHELL_BUILTIN "compat_matrix_await"
#define CMX_SHELL_OBJECT "/lib/compat-matrix/shell.so"

/// The descriptors that come with a request. The request is a command, NUL-terminated.
/// It is empty for the interactive shell, which reads its line from its terminal.
enum shell_descriptor {
    /// Standard input; the other one is standard output and error. For the interactive shell, both are its terminal.
    SHELL_INPUT,
    SHELL_OUTPUT,
    /// The cell's `struct place`.
    SHELL_NETWORK,
    SHELL_MOUNTS,
    SHELL_CGROUP,
    SHELL_DESCRIPTORS,
};

/// Sent by a waiting shell: once with `pid` 0 when it first waits, then for each request with the process it created.
/// That process is a child of the trigger service; `pid` is negative if it could not be created.
struct shell_answer {
    int pid;
};

#endif
