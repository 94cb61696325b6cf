//go:build !old_library

package main

import (
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// What the loader uses of cilium/ebpf 0.22 and newer. library_old.go has the same for versions before 0.16.

// kernelTypes keeps the kernel's BTF as long as the process lives. By default, the library reads it again for each
// collection.
var kernelTypes = btf.NewCache()

// shareKernelTypes lets a collection use what earlier ones have read.
func shareKernelTypes(options *ebpf.CollectionOptions) {
	options.Cache = kernelTypes
	options.Programs.ExtraRelocationTargets = newModules()
}

// newModules returns the BTF of modules that were inserted after the cache listed them, which it does once. Nothing
// removes a module from a guest.
func newModules() []*btf.Spec {
	listed, err := kernelTypes.Modules()
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir("/sys/kernel/btf")
	if err != nil || len(entries) == len(listed)+1 {
		return nil
	}
	known := map[string]bool{"vmlinux": true}
	for _, name := range listed {
		known[name] = true
	}
	var added []*btf.Spec
	for _, entry := range entries {
		if known[entry.Name()] {
			continue
		}
		if spec, err := kernelTypes.Module(entry.Name()); err == nil {
			added = append(added, spec)
		}
	}
	return added
}

// warmUpKernelTypes reads the BTF of the kernel and its modules, and decodes the types that most programs are relocated
// against, with all types that they refer to: the library decodes a type when it is first needed.
func warmUpKernelTypes() {
	types, err := kernelTypes.Kernel()
	if err != nil {
		return
	}
	for _, name := range []string{"task_struct", "sock", "sk_buff"} {
		_, _ = types.AnyTypesByName(name)
	}
	names, _ := kernelTypes.Modules()
	for _, name := range names {
		_, _ = kernelTypes.Module(name)
	}
}

// withoutLog loads once, without a log.
func withoutLog() ebpf.ProgramOptions { return ebpf.ProgramOptions{LogDisabled: true} }

// withLog loads once, with a log of that level. A buffer that is too small is enlarged by the library.
func withLog(level ebpf.LogLevel, bytes int) ebpf.ProgramOptions {
	return ebpf.ProgramOptions{LogLevel: level, LogSizeStart: uint32(bytes)}
}

// withLogOfRefusal loads without a log, and repeats a rejected load with one.
func withLogOfRefusal(bytes int) ebpf.ProgramOptions {
	return ebpf.ProgramOptions{LogSizeStart: uint32(bytes)}
}

// logSizes are the buffers to try in turn; none if the log would not fit into the guest. Since the library enlarges a
// buffer without a limit, the length of the log is estimated from the totals of the first load.
func logSizes(instructions int) []int {
	if !kernelHasStats() {
		// Doubling it is EINVAL there, and leaves no log at all.
		return []int{smallestLogBytes}
	}
	bytes := max(instructions*logBytesPerInstruction, firstLogBytes)
	if bytes > fittingLogBytes() {
		return nil
	}
	return []int{bytes}
}

// logBytesPerInstruction is what the verifier typically writes for each instruction that it processes.
const logBytesPerInstruction = 160

// isCut is for libraries that leave a log in a buffer that is too small.
func isCut(*ebpf.VerifierError, int) bool { return false }
