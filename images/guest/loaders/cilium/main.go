// The cilium/ebpf loader: loads each program of an object alone with the library that Go programs use, and reports what
// happened in frames of the guest protocol. It judges nothing.
package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "--version":
		fmt.Println("cilium/ebpf", version)
	case len(os.Args) == 2 && os.Args[1] == residentArgument:
		prepareProcess()
		serve(warmUp, loadObject)
	case len(os.Args) == 4:
		cell, err := strconv.ParseUint(os.Args[1], 10, 32)
		if err != nil {
			fmt.Fprintln(os.Stderr, "loader-cilium: the number of the cell:", err)
			os.Exit(64)
		}
		prepareProcess()
		unix.CloseOnExec(loaderDescriptor)
		os.Exit(runCell(newReporter(uint32(cell), loaderDescriptor), os.Args[2], os.Args[3], loadObject))
	default:
		fmt.Fprintln(os.Stderr, "usage: loader-cilium --version | CELL OBJECT PLAN |", residentArgument)
		os.Exit(64)
	}
}
