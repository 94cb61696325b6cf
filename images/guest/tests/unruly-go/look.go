package main

// #include "namespaces.h"
import "C"

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	cgroupRoot       = C.CGROUP_ROOT
	cellCgroupPrefix = C.CELL_CGROUP_PREFIX
	muchMemory       = 100 << 20
)

func reportWhatIsSeen(out *reporter) {
	var seen bytes.Buffer
	folder, _ := os.Getwd()
	mask := unix.Umask(0)
	unix.Umask(mask)
	fmt.Fprintln(&seen, countEntries("/proc/self/fd"), "descriptors")
	fmt.Fprintln(&seen, "folder", folder)
	fmt.Fprintf(&seen, "mask %o\n", mask)
	fmt.Fprintln(&seen, runtime.NumGoroutine(), "goroutines")
	fmt.Fprintln(&seen, memory())
	fmt.Fprintln(&seen, len(glob("/sys/fs/bpf/left*")), "pinned")
	fmt.Fprintln(&seen, len(glob(filepath.Join(cgroupRoot, cellCgroupPrefix+"*"))), "cgroups of cells")
	// The thread that stands for the process must never have served a cell.
	fmt.Fprintln(&seen, "on the first thread:", unix.Gettid() == unix.Getpid())
	see(&seen, "/proc/thread-self/cgroup", "0::")
	see(&seen, "/proc/thread-self/status", "Uid:", "Cap", "SigBlk", "SigIgn")
	see(&seen, "/proc/self/status", "Uid:", "Cap")
	see(&seen, "/proc/self/limits", "Max ")
	for _, variable := range os.Environ() {
		fmt.Fprintln(&seen, variable)
	}
	report := programReport{stage: stageLoad, log_complete: 1}
	setText(report.name[:], "program_0")
	setText(report._type[:], "kprobe")
	out.log(0, sourceLoader, seen.Bytes())
	out.program(report)
}

func countEntries(path string) int {
	folder, err := os.Open(path)
	must(err)
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	must(err)
	return len(names)
}

func glob(pattern string) []string {
	names, err := filepath.Glob(pattern)
	must(err)
	return names
}

// see copies the lines of a file that start with one of the prefixes.
func see(seen *bytes.Buffer, path string, prefixes ...string) {
	text, err := os.ReadFile(path)
	must(err)
	for _, line := range strings.SplitAfter(string(text), "\n") {
		for _, prefix := range prefixes {
			if strings.HasPrefix(line, prefix) {
				seen.WriteString(line)
			}
		}
	}
}

func memory() string {
	text, err := os.ReadFile("/proc/self/statm")
	must(err)
	var all, resident int
	_, err = fmt.Sscan(string(text), &all, &resident)
	must(err)
	if resident*os.Getpagesize() > muchMemory {
		return "much memory"
	}
	return "little memory"
}
