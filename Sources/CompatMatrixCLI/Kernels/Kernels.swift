package import ArgumentParser

package struct Kernels: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "The kernel axis: which kernels there are, and their images on this machine.",
        subcommands: [
            KernelsList.self, KernelsShow.self, KernelsAdd.self, KernelsFetch.self, KernelsRemove.self,
            KernelsVerify.self, KernelsRefresh.self,
        ],
        defaultSubcommand: KernelsList.self)

    package init() {}
}
