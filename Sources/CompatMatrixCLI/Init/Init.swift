package import ArgumentParser
import Manifests
import MatrixSession
import ProbeObject
import SystemPackage

package struct Init: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a compat-matrix.yaml for the BPF objects in and below the current directory.")

    @Flag(help: "Overwrite an existing compat-matrix.yaml.") var force = false

    package init() {}

    package func run() async throws {
        let folder = try Workspace.absolute(".")
        let file = folder.appending(ProjectManifest.fileName)
        guard force || !Workspace.isFile(file) else {
            throw CommandFailure(.usage, "\(file) already exists; use --force to overwrite it")
        }
        var search = ObjectSearch.objects(below: folder)
        for complaint in search.complaints { Output.toStderr("skipped: \(complaint)") }
        let probes = try ProjectDraft.probeFolder(in: folder)
        // Manifests name the objects in these folders.
        if let probes { search.leaveOut(probes) }
        guard !search.objects.isEmpty || probes != nil else {
            throw CommandFailure(
                .invalidInput,
                "no BPF object in or below \(folder): build yours first, or use 'compat-matrix run --object FILE'")
        }
        if search.isCutShort {
            Output.toStderr(
                "only the first \(ObjectSearch.mostFiles) files were searched; add missing objects to \(file) yourself")
        }
        let text = ProjectDraft(objects: search.objects, probes: probes).text
        // Makes sure that the written file can be read.
        _ = try ProjectManifest(file: file, text: text).catalogue()
        try ReportFile.write(text, to: file)
        let count = search.objects.count
        print("wrote \(file)" + (count == 0 ? "" : ": \(count) \(count == 1 ? "object" : "objects")"))
        print("next: compat-matrix run")
    }
}
