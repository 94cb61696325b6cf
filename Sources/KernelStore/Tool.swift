import Subprocess
import SystemPackage

/// A program of the machine that runs to its end, its output collected.
struct Tool {
    let name: String
    var folder: FilePath?

    struct Output {
        let text: String
        let complaints: String
        let succeeded: Bool

        /// What went wrong in one line: the first error the tool reported, else the last thing it said.
        var problem: String {
            let lines = complaints.split(separator: "\n")
            let line = lines.first { $0.hasPrefix("E: ") }?.dropFirst(3) ?? lines.last ?? "it said nothing"
            return line.trimmingSpace
        }
    }

    /// A failing exit status is a result; throws `toolFailed` when the program cannot be started, `cancelled` when the
    /// task is.
    func run(_ arguments: [String]) async throws(KernelStoreError) -> Output {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        do {
            let result = try await Subprocess.run(
                .name(name),
                arguments: Arguments(arguments),
                environment: .inherit.updating(["LC_ALL": "C.UTF-8"]),
                workingDirectory: folder,
                platformOptions: options,
                output: .string(limit: 64 << 20),
                error: .string(limit: 4 << 20))
            if Task.isCancelled { throw KernelStoreError.cancelled }
            return Output(
                text: result.standardOutput, complaints: result.standardError,
                succeeded: result.terminationStatus.isSuccess)
        } catch let error as KernelStoreError {
            throw error
        } catch {
            throw Task.isCancelled ? .cancelled : .toolFailed(tool: name, problem: "\(error)")
        }
    }
}

extension StringProtocol {
    var trimmingSpace: String {
        let isSpace = { (character: Character) in character.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
