import Foundation
import Testing

/// Real kernels in real guests under TCG.
///
/// `make test` builds the guests and fetches the kernels that they boot; what is missing is a failure. The limit is there
/// for what hangs; a busy machine is slow.
@Suite(.timeLimit(.minutes(40))) enum GuestTests {}

/// `compat-matrix` as installed, on real kernels.
@Suite(.timeLimit(.minutes(40))) enum CommandTests {}

/// Makes a suite wait until one of the machine's processors is free for its guests.
///
/// A guest keeps a processor busy, and more guests than processors run into their time limits. The tests of such a suite run
/// one after another. Long suites start first, so that none of them runs alone at the end.
struct ProcessorOfItsOwn: SuiteTrait, TestScoping {
    var takesLong: Bool

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        await Processors.shared.take(first: takesLong)
        do { try await function() } catch {
            await Processors.shared.giveBack()
            throw error
        }
        await Processors.shared.giveBack()
    }
}

extension Trait where Self == ProcessorOfItsOwn {
    static var ownProcessor: Self { ProcessorOfItsOwn(takesLong: false) }
    static var ownProcessorForLong: Self { ProcessorOfItsOwn(takesLong: true) }
}

private actor Processors {
    static let shared = Processors()

    private var free = ProcessInfo.processInfo.activeProcessorCount
    private var first: [CheckedContinuation<Void, Never>] = []
    private var others: [CheckedContinuation<Void, Never>] = []

    func take(first isFirst: Bool) async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { if isFirst { first.append($0) } else { others.append($0) } }
    }

    func giveBack() {
        if !first.isEmpty {
            first.removeFirst().resume()
        } else if !others.isEmpty {
            others.removeFirst().resume()
        } else {
            free += 1
        }
    }
}
