import Testing

/// Real kernels in real guests under TCG, one test after another: a guest keeps a processor busy.
///
/// `make test` builds the guests and fetches the kernels that they boot; what is missing is a failure. The limit is there
/// for what hangs; a busy machine is slow.
@Suite(.serialized, .timeLimit(.minutes(40))) enum GuestTests {}

/// `compat-matrix` as installed, on real kernels: one test after another, beside those of `GuestTests` on another processor.
@Suite(.serialized, .timeLimit(.minutes(40))) enum CommandTests {}
