package main

// #include "load_log.h"
import "C"

import (
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// version of the library; the build gives it with -ldflags -X.
var version string

// runCell returns the exit status for a process that was started for the cell.
func runCell(out *reporter, path, planPath string, load func(*reporter, string, *plan)) (status int) {
	defer func() {
		switch end := recover().(type) {
		case nil:
		case ending:
			status = end.status
		default:
			panic(end)
		}
	}()
	p, problem := readPlan(planPath)
	if problem != nil {
		out.endUnmeasured(*problem)
	}
	load(out, path, p)
	return 0
}

// prepareProcess does what programs that use the library do first.
func prepareProcess() {
	// Kernels before 5.11 count maps as locked memory. This is what rlimit.RemoveMemlock() comes to, whose package asks the
	// kernel as soon as a program that has it in it starts. An error shows in the first map.
	unlimited := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unlimited)
	C.learn_log_levels()
	// Once it is set the runtime does not look for another number every second, and opens no files of the cgroup for that.
	runtime.GOMAXPROCS(runtime.NumCPU())
	limitMemory()
}

// limitMemory has garbage collected when the guest's memory wants it, and not before: the kernel's BTF lives as long as the
// process, and looking through it takes longer than a cell. A limit below what lives would have the runtime collect without end.
func limitMemory() {
	debug.SetGCPercent(-1)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	spare := availableBytes() / 4
	if spare < leastSpareBytes {
		spare = leastSpareBytes
	}
	debug.SetMemoryLimit(int64(memory.Sys-memory.HeapReleased) + int64(spare))
}

// leastSpareBytes is for the runtime where the guest says that it has nothing left. What others use in the guest comes on top: a log,
// the files of the job, what a fork of another loader writes to.
const leastSpareBytes = 12 << 20
