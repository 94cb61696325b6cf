internal import Glibc
package import SystemPackage

/// Two connected stream sockets, which are closed with this object and by execve(2).
package final class SocketPair: Sendable {
    package let near: Int32
    package let far: Int32

    /// With `isNonBlocking`, operations that would block fail with EAGAIN at either end.
    package init(isNonBlocking: Bool = false) throws(Errno) {
        var ends: [Int32] = [-1, -1]
        let flags = SOCK_CLOEXEC.rawValue | (isNonBlocking ? SOCK_NONBLOCK.rawValue : 0)
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | flags), 0, &ends) == 0 else {
            throw Errno(rawValue: errno)
        }
        (near, far) = (ends[0], ends[1])
    }

    deinit {
        close(near)
        close(far)
    }
}
