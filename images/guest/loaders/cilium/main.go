// The cilium/ebpf loader: loads each program of an object alone with the library that Go programs use, and reports what
// happened in frames of the guest protocol. It judges nothing.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"

	"golang.org/x/sys/unix"
)

// version of the library; the build gives it with -ldflags -X.
var version string

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("cilium/ebpf", version)
		return
	}
	if len(os.Args) != 4 {
		fmt.Fprintf(os.Stderr, "usage: loader-cilium --version | CELL OBJECT PLAN (with a pipe at descriptor %d)\n",
			loaderDescriptor)
		os.Exit(64)
	}
	cell, err := strconv.ParseUint(os.Args[1], 10, 32)
	if err != nil {
		fmt.Fprintln(os.Stderr, "loader-cilium: the number of the cell:", err)
		os.Exit(64)
	}
	prepareProcess()
	out := newReporter(uint32(cell))
	p, err := readPlan(os.Args[3])
	if err != nil {
		out.endUnmeasured(err.Error())
	}
	loadObject(out, os.Args[2], p)
}

// prepareProcess does what the library's users do first, and keeps the garbage of a kernel's BTF from filling a small
// guest.
func prepareProcess() {
	// Kernels before 5.11 count maps as locked memory. This is what rlimit.RemoveMemlock() comes to, whose package asks the
	// kernel as soon as a program that has it in it starts. An error shows in the first map.
	unlimited := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unlimited)
	if bytes := availableBytes(); bytes > 0 {
		debug.SetMemoryLimit(int64(bytes / 2))
	}
}
