import Testing

/// Real kernels in real guests under TCG, one test after another: two processors are soon busy.
///
/// `make test` builds the guests and fetches the kernels that they boot; what is missing is a failure.
@Suite(.serialized, .timeLimit(.minutes(5))) enum GuestTests {}
