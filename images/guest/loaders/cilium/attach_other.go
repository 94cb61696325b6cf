package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

func (a *attacher) attachToCgroup(spec *ebpf.ProgramSpec, program *ebpf.Program, target string) error {
	if target == "" {
		own, err := isolateCgroup()
		if err != nil {
			return cannotTell(findingCgroupUnopenable, "", err.Error())
		}
		target = own
	} else if _, err := os.Stat(target); err != nil {
		return cannotTell(findingCgroupUnopenable, target, err.Error())
	}
	return a.keep(link.AttachCgroup(link.CgroupOptions{Path: target, Attach: spec.AttachType, Program: program}))
}

// perfEvents are the software events; samples are in events or, for clocks, per second.
var perfEvents = map[string]unix.PerfEventAttr{
	"cpu-clock":        {Config: unix.PERF_COUNT_SW_CPU_CLOCK, Sample: 100, Bits: unix.PerfBitFreq},
	"task-clock":       {Config: unix.PERF_COUNT_SW_TASK_CLOCK, Sample: 100, Bits: unix.PerfBitFreq},
	"page-faults":      {Config: unix.PERF_COUNT_SW_PAGE_FAULTS, Sample: 1},
	"minor-faults":     {Config: unix.PERF_COUNT_SW_PAGE_FAULTS_MIN, Sample: 1},
	"major-faults":     {Config: unix.PERF_COUNT_SW_PAGE_FAULTS_MAJ, Sample: 1},
	"context-switches": {Config: unix.PERF_COUNT_SW_CONTEXT_SWITCHES, Sample: 1},
	"cpu-migrations":   {Config: unix.PERF_COUNT_SW_CPU_MIGRATIONS, Sample: 1},
}

// attachPerfEvent uses system calls, as the library's users do: the library has no function for it.
func (a *attacher) attachPerfEvent(program *ebpf.Program, target string) error {
	if target == "" {
		target = "cpu-clock"
	}
	attributes, known := perfEvents[strings.ToLower(target)]
	if !known {
		return cannotTell(findingPerfEventUnknown, target)
	}
	attributes.Type = unix.PERF_TYPE_SOFTWARE
	attributes.Size = unix.PERF_ATTR_SIZE_VER0
	// A guest has one processor.
	event, err := unix.PerfEventOpen(&attributes, -1, 0, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return cannotTell(findingPerfEventMissing, target, err.Error())
	}
	a.kept = append(a.kept, os.NewFile(uintptr(event), target))
	if err := unix.IoctlSetInt(event, unix.PERF_EVENT_IOC_SET_BPF, program.FD()); err != nil {
		return fmt.Errorf("setting perf event bpf program: %w", err)
	}
	return unix.IoctlSetInt(event, unix.PERF_EVENT_IOC_ENABLE, 0)
}
