/// An error number of the guest kernel, independent of the host's libc.
///
/// Source: Linux `include/uapi/asm-generic/errno-base.h`, `errno.h`, and `include/linux/errno.h` for 524, which is
/// the kernel's own but leaks out of `bpf()`.
struct LinuxErrno: Hashable, CustomStringConvertible {
    var number: Int32

    /// `EACCES`, or the number for an errno that `bpf()` and related calls do not return.
    var name: String { Self.known[number]?.name ?? "errno \(number)" }
    var meaning: String? { Self.known[number]?.meaning }
    var description: String { name }

    private static let known: [Int32: (name: String, meaning: String)] = [
        1: ("EPERM", "operation not permitted"),
        2: ("ENOENT", "no such file, map, symbol or id"),
        3: ("ESRCH", "no such process"),
        4: ("EINTR", "interrupted"),
        5: ("EIO", "input/output error"),
        7: ("E2BIG", "argument list or program too long"),
        8: ("ENOEXEC", "exec format error"),
        9: ("EBADF", "bad file descriptor"),
        11: ("EAGAIN", "try again"),
        12: ("ENOMEM", "out of memory"),
        13: ("EACCES", "permission denied"),
        14: ("EFAULT", "bad address, or a verifier bug"),
        16: ("EBUSY", "device or resource busy"),
        17: ("EEXIST", "already exists"),
        19: ("ENODEV", "no such device"),
        20: ("ENOTDIR", "not a directory"),
        22: ("EINVAL", "invalid argument"),
        24: ("EMFILE", "too many open files"),
        28: ("ENOSPC", "no space left, also in the log buffer"),
        33: ("EDOM", "argument out of domain"),
        34: ("ERANGE", "result out of range"),
        38: ("ENOSYS", "system call not implemented"),
        40: ("ELOOP", "too many levels"),
        75: ("EOVERFLOW", "value too large"),
        90: ("EMSGSIZE", "message too long"),
        92: ("ENOPROTOOPT", "protocol not available"),
        95: ("EOPNOTSUPP", "operation not supported"),
        99: ("EADDRNOTAVAIL", "address not available"),
        105: ("ENOBUFS", "no buffer space"),
        110: ("ETIMEDOUT", "timed out"),
        524: ("ENOTSUPP", "not supported by this kernel or its JIT"),
    ]
}
