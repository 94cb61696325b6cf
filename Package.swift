// swift-tools-version: 6.3
import PackageDescription

/// One program in several modules; imports point one way only (`docs/architecture.md`).
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let bitCollections: Target.Dependency = .product(name: "BitCollections", package: "swift-collections")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// Optimized in debug builds as well: code that reads every byte of a log would otherwise take the fuzzer an hour.
let fast = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], settings: [SwiftSetting] = strict
) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], settings: [SwiftSetting] = strict
) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "compat-matrix",
    products: [.executable(name: "compat-matrix", targets: ["compat-matrix"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Values, pure functions, and services for all modules.
        module("MatrixModel"),
        module("MatrixAnalysis", ["MatrixModel", bitCollections], settings: fast),
        .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
        module("HostTools", ["CNettle", logging, subprocess, system]),
        .target(name: "CResources"),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        module("VerifierLog", ["CPCRE2", "CResources", "MatrixModel"], exclude: ["Resources"], settings: fast),

        // Files that users write, and what is derived from them.
        module("Manifests", ["MatrixModel", system, yams]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .target(name: "CBootWrapper"),
        module(
            "KernelStore",
            ["CArchive", "CBootWrapper", "CElf", "HostTools", "Manifests", "MatrixModel", logging, system]),
        .systemLibrary(name: "CElf", pkgConfig: "libelf", providers: [.apt(["libelf-dev"])]),
        module("ProbeObject", ["CElf", "HostTools", "Manifests", "MatrixModel", system]),

        // The guest and the machine around it.
        .target(
            name: "CGuestProtocol", path: "images/guest/protocol", sources: ["guest_protocol.c", "trigger_sentence.c"],
            publicHeadersPath: "include"),
        .target(name: "CSpawn"),
        module("GuestLink", ["CGuestProtocol", "MatrixModel"], settings: fast),
        module("GuestImage", ["CArchive", "CElf", "HostTools", system]),
        module("Machine", ["GuestLink", "MatrixModel", system]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        module(
            "QEMUBackend",
            [
                "CSpawn", "CXXHash", "Machine", "GuestLink", "CGuestProtocol", "HostTools", "MatrixModel", logging,
                system,
            ]),

        module("KernelExamination", ["GuestLink", "Machine"]),

        // Runs, their results, and reports.
        module(
            "MatrixRunner", ["GuestLink", "HostTools", "Machine", "MatrixModel", "VerifierLog", logging, system]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        module("ResultStore", ["CZlib", "HostTools", "MatrixModel", grdb, system]),
        module(
            "Reports", ["CResources", "CZlib", "HostTools", "MatrixAnalysis", "MatrixModel", mustache],
            exclude: ["Resources"], settings: fast),

        // The application: planning and running.
        module(
            "Loaders",
            ["GuestImage", "HostTools", "Manifests", "MatrixModel", "MatrixRunner", "ProbeObject", system]),
        module(
            "RunPlanning",
            [
                "GuestImage", "GuestLink", "HostTools", "KernelStore", "Loaders", "Machine", "Manifests", "MatrixModel",
                "MatrixRunner", "ProbeObject", "ResultStore", system,
            ]),
        module(
            "MatrixSession",
            [
                "GuestImage", "GuestLink", "HostTools", "KernelExamination", "KernelStore", "Loaders", "Machine",
                "Manifests", "MatrixAnalysis", "MatrixModel", "MatrixRunner", "ProbeObject", "QEMUBackend", "Reports",
                "ResultStore", "RunPlanning", logging, system,
            ]),
        module(
            "CompatMatrixCLI",
            [
                "GuestImage", "GuestLink", "HostTools", "KernelExamination", "KernelStore", "Loaders", "Machine",
                "Manifests", "MatrixAnalysis", "MatrixModel", "MatrixRunner", "MatrixSession", "ProbeObject", "Reports",
                "ResultStore", "RunPlanning", "VerifierLog", argumentParser, logging, system,
            ]),
        .executableTarget(
            name: "compat-matrix", dependencies: ["CompatMatrixCLI", argumentParser], swiftSettings: strict),

        // Folders, files and the repository, for tests of all modules.
        .target(name: "TestSupport", dependencies: [system], path: "Tests/TestSupport", swiftSettings: strict),
        tests("ArchitectureTests", ["TestSupport", system]),
        tests("MatrixModelTests", ["MatrixModel"]),
        // Values that tests of several modules are about.
        .target(
            name: "MatrixSamples", dependencies: ["MatrixModel"], path: "Tests/MatrixSamples", swiftSettings: strict),
        tests("MatrixAnalysisTests", ["MatrixAnalysis", "MatrixModel", "MatrixSamples"]),
        tests("VerifierLogTests", ["VerifierLog", "MatrixModel"], resources: [.copy("Resources")]),
        tests("VerifierLogFuzz", ["VerifierLog", "Reports", "MatrixModel", "TestSupport"], settings: fast),
        tests("ManifestsTests", ["Manifests", "MatrixModel", "TestSupport", system]),
        tests(
            "KernelStoreTests",
            ["KernelStore", "HostTools", "Manifests", "CArchive", "MatrixModel", "TestSupport", subprocess, system],
            resources: [.copy("Resources")]),
        tests("ProbeObjectTests", ["ProbeObject", "HostTools", "Manifests", "MatrixModel", "TestSupport", system]),
        tests("GuestImageTests", ["GuestImage", "TestSupport", subprocess, system]),
        tests("GuestLinkTests", ["GuestLink", "CGuestProtocol", "MatrixModel", "TestSupport"], settings: fast),
        tests("MachineTests", ["Machine"], resources: [.copy("Resources")]),
        tests(
            "QEMUBackendTests",
            ["QEMUBackend", "CSpawn", "Machine", "GuestLink", "MatrixModel", "TestSupport", subprocess, system]),
        tests("KernelExaminationTests", ["KernelExamination", "Machine", "GuestLink", "MatrixModel", system]),
        tests("MatrixRunnerTests", ["MatrixRunner", "Machine", "GuestLink", "MatrixModel", system]),
        tests("ResultStoreTests", ["ResultStore", "MatrixModel", "TestSupport", grdb, system]),
        tests(
            "ReportsTests",
            ["Reports", "MatrixAnalysis", "MatrixModel", "MatrixSamples", "TestSupport", subprocess, system],
            resources: [.copy("Resources")]),
        tests("HostToolsTests", ["HostTools", "TestSupport", system]),
        tests("RunPlanningTests", ["RunPlanning", "MatrixModel"]),
        tests("MatrixSessionTests", ["MatrixSession", "MatrixModel", "MatrixRunner", system]),
        tests(
            "CLITests",
            [
                "CompatMatrixCLI", "GuestImage", "KernelStore", "Loaders", "Manifests", "MatrixAnalysis", "MatrixModel",
                "MatrixRunner", "MatrixSamples", "MatrixSession", "ProbeObject", "Reports", "ResultStore",
                "RunPlanning", "GuestLink", "Machine", "TestSupport", argumentParser, subprocess, system, yams,
            ], resources: [.copy("Golden")]),
        tests(
            "GuestTests",
            [
                "GuestImage", "GuestLink", "KernelExamination", "KernelStore", "Machine", "Manifests", "MatrixModel",
                "MatrixRunner", "ProbeObject", "QEMUBackend", "TestSupport", subprocess, system,
            ]),
    ]
)
