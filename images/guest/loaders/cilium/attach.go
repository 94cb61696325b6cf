package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// unmeasurable is the reason why it is unknown whether a program would attach.
type unmeasurable struct{ reason finding }

// Error implements the interface; what is reported is the finding.
func (u unmeasurable) Error() string { return fmt.Sprint("finding ", u.reason.code) }

func cannotTell(code findingCode, arguments ...string) error {
	return unmeasurable{newFinding(code, arguments...)}
}

// An attacher attaches the programs of a loaded object and keeps their links: the library detaches a link that nothing
// refers to.
type attacher struct {
	object    *object
	loaded    *collection
	kept      []io.Closer
	iterators []*link.Iter
	findings  []finding
}

// detach closes everything, the latest first, including what the library put into tracefs.
func (a *attacher) detach() {
	for len(a.kept) > 0 {
		last := len(a.kept) - 1
		// The cell has been measured: the kernel removes the rest with this process.
		_ = a.kept[last].Close()
		a.kept = a.kept[:last]
	}
	runtime.KeepAlive(a.loaded)
}

// takeFindings returns the findings about the program that was attached last.
func (a *attacher) takeFindings() []finding {
	findings := a.findings
	a.findings = nil
	return findings
}

func (a *attacher) find(code findingCode, arguments ...string) {
	a.findings = append(a.findings, newFinding(code, arguments...))
}

// setLoadTargets passes the library the targets that the kernel needs at load: names in its BTF.
func (o *object) setLoadTargets(p *plan) {
	for name, program := range o.spec.Programs {
		target := p.target(name)
		switch {
		case target == "":
		case program.Type == ebpf.Tracing && program.AttachType != ebpf.AttachTraceIter,
			// An LSM program on a cgroup attaches to a path; its section names the hook.
			program.Type == ebpf.LSM && !strings.HasPrefix(target, "/"):
			program.AttachTo = target
		}
	}
}

// sectionTarget is what follows the first slash of a section's name.
func sectionTarget(section string) string {
	_, target, _ := strings.Cut(section, "/")
	return target
}

// attach attaches the program at the plan's target, or as its section specifies if that is empty.
func (a *attacher) attach(name, target string) error {
	spec, program := a.object.spec.Programs[name], a.loaded.programs[name]
	place := target
	if place == "" {
		place = sectionTarget(spec.SectionName)
	}
	switch spec.Type {
	case ebpf.Kprobe:
		return a.attachProbe(spec, program, place)
	case ebpf.TracePoint:
		return a.attachTracepoint(program, place)
	case ebpf.RawTracepoint, ebpf.RawTracepointWritable:
		return a.keep(link.AttachRawTracepoint(link.RawTracepointOptions{Name: place, Program: program}))
	case ebpf.Tracing:
		return a.attachTracing(spec, program, target)
	case ebpf.LSM:
		a.findWhetherLSMIsActive()
		return a.keep(link.AttachLSM(link.LSMOptions{Program: program}))
	case ebpf.PerfEvent:
		return a.attachPerfEvent(program, target)
	case ebpf.XDP:
		return a.attachXDP(program, target)
	case ebpf.SocketFilter:
		return a.attachToSockets(program)
	case ebpf.SkLookup, ebpf.FlowDissector:
		return a.attachToNetwork(program)
	case ebpf.CGroupSKB, ebpf.CGroupSock, ebpf.CGroupSockAddr, ebpf.CGroupSockopt, ebpf.CGroupSysctl, ebpf.CGroupDevice,
		ebpf.SockOps:
		return a.attachToCgroup(spec, program, target)
	default:
		return cannotTell(findingTypeNotAttachable, "cilium/ebpf "+version, typeName(spec.Type))
	}
}

// keep takes the result of one of the library's attach functions.
func (a *attacher) keep(attached link.Link, err error) error {
	if err != nil {
		return err
	}
	a.kept = append(a.kept, attached)
	return nil
}

func (a *attacher) attachTracepoint(program *ebpf.Program, place string) error {
	category, name, found := strings.Cut(place, "/")
	if !found {
		return cannotTell(findingTargetNotCategoryAndName, place)
	}
	return a.keep(link.Tracepoint(category, name, program, nil))
}

// attachTracing also attaches iterators, whose target is the map that they iterate over.
func (a *attacher) attachTracing(spec *ebpf.ProgramSpec, program *ebpf.Program, target string) error {
	if spec.AttachType != ebpf.AttachTraceIter {
		return a.keep(link.AttachTracing(link.TracingOptions{Program: program}))
	}
	options := link.IterOptions{Program: program}
	if target != "" {
		if options.Map = a.loaded.maps[target]; options.Map == nil {
			return cannotTell(findingIteratorMapMissing, target)
		}
	}
	iterator, err := link.AttachIter(options)
	if err != nil {
		return err
	}
	a.iterators = append(a.iterators, iterator)
	return a.keep(iterator, nil)
}

// findWhetherLSMIsActive reads the list that kernels have since 5.7.
func (a *attacher) findWhetherLSMIsActive() {
	text, err := os.ReadFile("/sys/kernel/security/lsm")
	if err != nil {
		a.find(findingLsmUnknown)
		return
	}
	modules := strings.TrimSpace(string(text))
	if !strings.Contains(","+modules+",", ",bpf,") {
		a.find(findingLsmInactive, modules)
	}
}
