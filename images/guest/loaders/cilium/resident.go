package main

/*
#include <sys/prctl.h>

#include "load_log.h"
#include "residency.h"

// Go's runtime has a thread that checks on the others every 20 microseconds while they work. In a guest with one
// processor under TCG, that takes more time than the work. With this slack, it sleeps until something else happens, or
// for five milliseconds. Threads inherit the slack, so it is set before the runtime creates any.
__attribute__((constructor)) static void let_threads_sleep(void)
{
	prctl(PR_SET_TIMERSLACK, 5000000ul);
}
*/
import "C"

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Go process cannot fork, so this one serves all cells, each on its own thread, which ends with the cell. State that
// belongs to the process is checked after each cell; if any of it has changed, the process ends, and the agent starts
// another.

// grownMemory is how much the process may have grown since it was ready; programs that use the library leave garbage, too.
const grownMemory = 96 << 20

// serve serves cells until the agent is gone or a cell has left something behind.
func serve(warmUp func(), load func(*reporter, string, *plan)) {
	// The first thread stands for the process in /proc and cannot end, so no cell may use it.
	runtime.LockOSThread()
	warmUp()
	words, err := unix.Dup(unix.Stderr)
	if err != nil {
		return
	}
	unix.CloseOnExec(words)
	setWords(words)
	runtime.GC()
	debug.FreeOSMemory()
	limitMemory()
	before := takeStock()
	var cell C.struct_resident_cell
	if C.send_resident_event(C.RESIDENT_READY, 0) == 0 {
		return
	}
	for C.receive_cell(&cell) != 0 {
		setWords(int(cell.words))
		_ = unix.Close(int(cell.words))
		C.send_resident_event(C.RESIDENT_STARTED, C.int32_t(os.Getpid()))
		status := make(chan int)
		go func() {
			// Never unlocked, so the thread ends with this function, and its namespaces with it.
			runtime.LockOSThread()
			isolateBPFFS()
			C.want_full_logs(C.int(cell.request.full_logs))
			out := newReporter(uint32(cell.request.cell), int(cell.reports))
			status <- runCell(out, C.GoString(&cell.request.object[0]), C.GoString(&cell.request.plan[0]), load)
		}()
		waitStatus := C.int32_t(<-status << 8)
		_ = unix.Close(int(cell.reports))
		setWords(words)
		leaveCgroup()
		if change := before.change(); change != "" {
			fmt.Fprintln(os.Stderr, "loader-cilium: ends after a cell that changed", change)
			C.send_resident_event(C.RESIDENT_LEAVING, waitStatus)
			return
		}
		if C.send_resident_event(C.RESIDENT_ENDED, waitStatus) == 0 {
			return
		}
	}
}

// setWords redirects standard output and error to a descriptor.
func setWords(descriptor int) {
	// They do not fail for open descriptors.
	_ = unix.Dup2(descriptor, unix.Stdout)
	_ = unix.Dup2(descriptor, unix.Stderr)
}

// A stock is the state that all threads of the process share and that a cell could change.
type stock struct {
	descriptors []string
	limits      [16]unix.Rlimit
	folder      string
	environment []string
	// Of the first thread, because changes to a cell's own thread end with that thread.
	status     string
	cgroup     string
	goroutines int
	bytes      int
}

func takeStock() stock {
	s := stock{environment: os.Environ(), status: statusLines(), goroutines: runtime.NumGoroutine()}
	for resource := range s.limits {
		_ = unix.Getrlimit(resource, &s.limits[resource])
	}
	s.folder, _ = os.Readlink("/proc/self/cwd")
	if groups, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		s.cgroup = string(groups)
	}
	if folder, err := os.Open("/proc/self/fd"); err == nil {
		s.descriptors, _ = folder.Readdirnames(-1)
		folder.Close()
	}
	if memory, err := os.ReadFile("/proc/self/statm"); err == nil {
		var all, resident int
		_, _ = fmt.Sscan(string(memory), &all, &resident)
		s.bytes = resident * os.Getpagesize()
	}
	return s
}

// statusLines are the lines of /proc about users, groups, capabilities and ignored signals.
func statusLines() string {
	text, _ := os.ReadFile("/proc/self/status")
	var lines []string
	for _, line := range strings.Split(string(text), "\n") {
		switch name, _, _ := strings.Cut(line, ":"); name {
		case "Uid", "Gid", "Groups", "SigIgn", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs":
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// awaitGoroutines waits for goroutines that a cell has told to end.
func awaitGoroutines(count int) {
	for tries := 0; runtime.NumGoroutine() > count && tries < 50; tries++ {
		time.Sleep(time.Millisecond)
	}
}

// change describes what differs, after a garbage collection if needed, because the library closes what is unreferenced.
// Empty if nothing differs.
func (before stock) change() string {
	awaitGoroutines(before.goroutines)
	change := before.difference(takeStock())
	if change == "" {
		return ""
	}
	runtime.GC()
	debug.FreeOSMemory()
	return before.difference(takeStock())
}

func (before stock) difference(now stock) string {
	switch {
	case !reflect.DeepEqual(before.descriptors, now.descriptors):
		return fmt.Sprintf("its descriptors: %v, then %v", before.descriptors, now.descriptors)
	case before.limits != now.limits:
		return "its limits"
	case before.folder != now.folder:
		return "its folder"
	case !reflect.DeepEqual(before.environment, now.environment):
		return "its environment"
	case before.status != now.status:
		return "its user, capabilities or signals"
	case before.cgroup != now.cgroup:
		return "its cgroup"
	case before.goroutines != now.goroutines:
		return fmt.Sprintf("its goroutines: %d, then %d", before.goroutines, now.goroutines)
	case now.bytes-before.bytes > grownMemory:
		return fmt.Sprintf("its memory: %d MiB, then %d MiB", before.bytes>>20, now.bytes>>20)
	}
	return ""
}
