import MatrixModel
import MatrixRunner
import Testing

extension StageCell {
    /// Holds what came of this cell on Linux `release` against its outcome.
    func expect(_ result: CellResult, _ evidence: Evidence?, on release: KernelRelease) {
        let words = String(decoding: evidence?.programs.first?.loader.bytes ?? [], as: UTF8.self)
        let seen: Comment = """
            \(name) on \(release): \(result.verdict) at \(result.stage.map { "\($0)" } ?? "no stage"), \
            \(result.reason ?? ""), \(words)
            """
        guard release >= since else {
            #expect(result.verdict == .fail && result.stage != .fire, seen)
            return
        }
        switch outcome {
        case .reaches(let stage):
            #expect(result.verdict == .pass && result.stage == stage, seen)
            result.expectTimesOfItsStages(seen)
            if let text = plan.event?.contains {
                let event = String(decoding: evidence?.event ?? [], as: UTF8.self)
                #expect(event.contains(text), seen)
            }
        case .fails(let stage, let errno):
            #expect(result.verdict == .fail && result.stage == stage, seen)
            #expect(result.programs.first?.errno == errno, seen)
            // A person finds out why.
            #expect(!words.isEmpty, seen)
        case .notMeasured(let words):
            #expect(result.verdict == .notMeasured && result.reason?.contains(words) == true, seen)
        }
    }
}

extension CellResult {
    /// Holds the times of a cell that passed against how far it got: a stage has a time if it was reached, and all of them
    /// fit into the cell.
    func expectTimesOfItsStages(_ seen: Comment) {
        let stage = stage ?? .open
        #expect((seconds.attach != nil) == (stage >= .attach), seen)
        #expect((seconds.fire != nil) == (stage >= .fire), seen)
        #expect((seconds.attach ?? 0) + (seconds.fire ?? 0) < (seconds.total ?? 0), seen)
        #expect(programs.allSatisfy { $0.seconds.fire == seconds.fire }, seen)
        #expect(seconds.queue != nil, seen)
    }
}
