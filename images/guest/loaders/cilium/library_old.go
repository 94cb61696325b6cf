//go:build old_library

package main

import (
	"reflect"

	"github.com/cilium/ebpf"
)

// What the loader uses of cilium/ebpf before 0.16: Debian 12 packages 0.9.1 and Debian 13 packages 0.11.0. library.go has
// the same for newer versions.

// shareKernelTypes does nothing: these versions cache the kernel's BTF themselves.
func shareKernelTypes(*ebpf.CollectionOptions) {}

func warmUpKernelTypes() {}

// withoutLog loads once, without a log, and keeps the library from repeating a rejected load. Before 0.10, a negative
// size does that; later versions reject one.
func withoutLog() ebpf.ProgramOptions {
	options := ebpf.ProgramOptions{LogSize: -1}
	if disabled := reflect.ValueOf(&options).Elem().FieldByName("LogDisabled"); disabled.IsValid() {
		options.LogSize = 0
		disabled.SetBool(true)
	}
	return options
}

// withLog loads once, with a log of that level in a buffer of that size.
func withLog(level uint32, bytes int) ebpf.ProgramOptions {
	options := ebpf.ProgramOptions{LogSize: bytes}
	setLevel(&options.LogLevel, level)
	return options
}

// setLevel is for 0.9, where a level is a number, as well as for versions where it has a type.
func setLevel[Level ~uint32](field *Level, level uint32) { *field = Level(level) }

// withLogOfRefusal loads without a log, and repeats a rejected load with one.
func withLogOfRefusal(bytes int) ebpf.ProgramOptions { return ebpf.ProgramOptions{LogSize: bytes} }

// logSizes are the buffers to try in turn.
func logSizes(int) []int { return []int{firstLogBytes, smallestLogBytes, fittingLogBytes()} }

// isCut recognizes a log that filled its buffer. The library's own guess fails if the kernel kept the end of the log
// (since Linux 6.4), and the library cuts off blanks at the ends of lines, of which old kernels write one each.
func isCut(refusal *ebpf.VerifierError, bytes int) bool {
	return refusal.Truncated || len(words(refusal))+len(refusal.Log) >= bytes-1
}
