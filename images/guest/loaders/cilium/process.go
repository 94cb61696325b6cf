package main

// #include "load_log.h"
import "C"

import (
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// version of the library, set by the build with -ldflags -X.
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
	// Kernels before 5.11 charge maps to locked memory. This does the same as rlimit.RemoveMemlock(), whose package
	// probes the kernel as soon as a program that includes it starts. An error shows in the first map.
	unlimited := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unlimited)
	C.learn_log_levels()
	// Once this is set, the runtime does not check for another number every second, and opens no cgroup files for that.
	runtime.GOMAXPROCS(runtime.NumCPU())
	limitMemory()
}

// limitMemory collects garbage only if the guest's memory requires it: the kernel's BTF lives as long as the process,
// and scanning it takes longer than a cell. With a limit below the live memory, the runtime would collect without end.
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

// leastSpareBytes is for the runtime if the guest reports that it has nothing left. Other use in the guest comes on
// top: a log, the files of the job, what a fork of another loader writes to.
const leastSpareBytes = 12 << 20
