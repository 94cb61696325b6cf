package main

/*
#cgo CFLAGS: -D_GNU_SOURCE
#include <stdlib.h>
#include <linux/bpf.h>

#include "ask_map.h"
#include "ask_program.h"
#include "ask_target.h"
#include "frames.h"
#include "cell.h"
#include "external_btf.h"
#include "files.h"
#include "namespaces.h"
#include "privileges.h"
#include "residency.h"

int awaitEvent(void *context, struct trigger *trigger, int limit);
*/
import "C"

import (
	"fmt"
	"runtime"
	"runtime/cgo"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The definitions of the guest's C headers, with Go names.
const (
	loaderDescriptor   = C.CMX_LOADER_FD
	residentArgument   = C.CMX_RESIDENT_ARGUMENT
	sourceVerifier     = C.CMX_LOG_VERIFIER
	sourceLoader       = C.CMX_LOG_LOADER
	sourceEvent        = C.CMX_LOG_EVENT
	stageOpen          = C.CMX_STAGE_OPEN
	stageMaps          = C.CMX_STAGE_MAPS
	stageLoad          = C.CMX_STAGE_LOAD
	stageAttach        = C.CMX_STAGE_ATTACH
	stageFire          = C.CMX_STAGE_FIRE
	wholeObject        = C.CMX_WHOLE_OBJECT
	unmeasurableStatus = C.UNMEASURABLE_STATUS
	eventLimit         = C.EVENT_LIMIT
	firstEventWait     = C.FIRST_EVENT_WAIT
)

// A programReport is a `struct cmx_program`; unknown fields are 0.
type programReport = C.struct_cmx_program

// setText fills a NUL-terminated field of a fixed size.
func setText(field []C.char, text string) {
	for i := 0; i < len(text) && i < len(field)-1; i++ {
		field[i] = C.char(text[i])
	}
}

// A reporter writes the reports of one cell to the agent's pipe.
type reporter struct {
	cell uint32
}

func newReporter(cell uint32, pipe int) *reporter {
	C.report_to(C.int(pipe))
	return &reporter{cell}
}

// log writes a text in as many frames as needed; none if it is empty.
func (out *reporter) log(program uint32, source uint32, text []byte) {
	if len(text) > 0 {
		C.report_log(C.uint32_t(out.cell), C.uint32_t(program), source, (*C.char)(unsafe.Pointer(&text[0])),
			C.size_t(len(text)))
	}
}

// say writes lines to the loader's log.
func (out *reporter) say(program uint32, lines ...string) {
	for _, line := range lines {
		out.log(program, sourceLoader, []byte(line+"\n"))
	}
}

type findingCode = C.enum_cmx_finding_code

// A finding is a fact that the loader established; guest_protocol.h lists the codes and their arguments.
type finding = C.struct_finding

func newFinding(code findingCode, arguments ...string) finding {
	// One more, because an empty slice has no first element to point to.
	texts := make([]*C.char, len(arguments)+1)
	for i, argument := range arguments {
		texts[i] = C.CString(argument)
		defer C.free(unsafe.Pointer(texts[i]))
	}
	return C.make_finding(code, C.size_t(len(arguments)), &texts[0])
}

func (out *reporter) find(program uint32, findings ...finding) {
	for _, found := range findings {
		C.report_finding(C.uint32_t(out.cell), C.uint32_t(program), found)
	}
}

func (out *reporter) program(report programReport) {
	report.cell = C.uint32_t(out.cell)
	C.report_program(&report)
}

// An ending ends a cell early, as a panic value; the code that runs cells recovers it.
type ending struct{ status int }

// endUnmeasured ends the cell because the guest or this library lacks something that the measurement needs.
func (out *reporter) endUnmeasured(reason finding) {
	out.find(wholeObject, reason)
	panic(ending{unmeasurableStatus})
}

// A plan specifies the stages after the load; there is one at a time.
type plan struct {
	awaits bool
	// Whether to stop after the load.
	stopsAtLoad bool
	// Whether to give maps without a size one for the trial.
	sizesMaps bool
	// Whether the cell runs with fewer privileges than root has.
	hasUser bool
	maps    []mapSettings
	// Empty for the object's only map.
	eventMap string
	contains string
}

// readPlan returns nil without a plan; if it cannot be read, the second result explains why.
func readPlan(path string) (*plan, *finding) {
	if path == "" {
		return nil, nil
	}
	text := C.CString(path)
	defer C.free(unsafe.Pointer(text))
	if problem := C.read_cell_plan(text); problem != nil {
		return nil, problem
	}
	return &plan{
		awaits: C.cell_awaits_event() != 0, eventMap: C.GoString(C.cell_event_map()),
		contains: C.GoString(C.cell_event_text()), stopsAtLoad: C.cell_stops_at_load() != 0,
		sizesMaps: C.cell_sizes_maps() != 0, maps: readMapSettings(), hasUser: C.cell_has_user() != 0,
	}, nil
}

// mapSettings are what an application sets of a map.
type mapSettings struct {
	name string
	// 0 to leave it as it is.
	maxEntries uint32
	// The path to pin it at; empty for none.
	pin string
	// nil to leave it as it is.
	inner *innerMap
}

// An innerMap is the template of an array or hash of maps.
type innerMap struct{ kind, keySize, valueSize, maxEntries uint32 }

func readMapSettings() []mapSettings {
	var all []mapSettings
	for i := C.size_t(0); i < C.cell_map_count(); i++ {
		m := C.cell_map(i)
		settings := mapSettings{name: C.GoString(m.name), maxEntries: uint32(m.max_entries), pin: C.GoString(m.pin)}
		if m.inner_type != 0 {
			settings.inner = &innerMap{uint32(m.inner_type), uint32(m.inner_key_size), uint32(m.inner_value_size),
				uint32(m.inner_max_entries)}
		}
		all = append(all, settings)
	}
	return all
}

// makePinFolders creates the directories of all pins.
func makePinFolders() { C.make_cell_pin_folders() }

// excludes says whether not to attach a program. One in an optional section (`SEC("?xdp")`) is excluded unless the plan
// names it.
func (p *plan) excludes(program string, isOptional bool) bool {
	name := C.CString(program)
	defer C.free(unsafe.Pointer(name))
	var optional C.int
	if isOptional {
		optional = 1
	}
	return C.cell_excludes(name, optional) != 0
}

// target is where the plan attaches a program; empty to attach as the section specifies.
func (p *plan) target(program string) string {
	name := C.CString(program)
	defer C.free(unsafe.Pointer(name))
	if target := C.cell_target(name); target != nil {
		return C.GoString(target)
	}
	return ""
}

// externalBTF returns the file with BTF for a kernel that has none; empty if there is no such file.
func externalBTF() string { return C.GoString(C.external_btf()) }

// hasMapType creates a valid map of the type; the second result says whether that was possible.
func hasMapType(kind uint32) (bool, bool) {
	answer := C.has_map_type(C.uint32_t(kind))
	return answer > 0, answer >= 0
}

// missingCapability is what bpf() requires for programs of that type and this process does not have; empty for nothing.
func missingCapability(kind uint32) string { return C.GoString(C.missing_capability(C.uint32_t(kind))) }

// missingMapCapability is the same for maps.
func missingMapCapability(kind uint32) string {
	return C.GoString(C.missing_map_capability(C.uint32_t(kind)))
}

// askAboutFunction returns nothing if the kernel's lists explain nothing.
func askAboutFunction(symbol string, replacesResult bool) []finding {
	name := C.CString(symbol)
	defer C.free(unsafe.Pointer(name))
	var replaces C.int
	if replacesResult {
		replaces = 1
	}
	return answers(C.ask_about_function(name, replaces))
}

func askAboutTracepoint(place string, number C.int32_t) []finding {
	name := C.CString(place)
	defer C.free(unsafe.Pointer(name))
	return answers(C.ask_about_tracepoint(name, C.int(number)))
}

// lacksCalls says whether the kernel lacks calls between functions and the program has some.
func lacksCalls(hasCalls bool) bool {
	call := C.struct_bpf_insn{code: C.BPF_JMP | C.BPF_CALL}
	if !hasCalls {
		return false
	}
	// dst_reg is in the lower four bits, src_reg in the upper: a bit field, which cgo does not expose.
	(*[2]byte)(unsafe.Pointer(&call))[1] = C.BPF_PSEUDO_CALL << 4
	return C.lacks_calls(unsafe.Pointer(&call), 1) != 0
}

func answers(answer finding) []finding {
	if answer.code == 0 {
		return nil
	}
	return []finding{answer}
}

// A trigger runs while the loader waits for an event.
type trigger struct {
	c *C.struct_trigger
}

func (t trigger) hasEnded() bool { return C.trigger_has_ended(t.c) != 0 }

// ran reports whether the guest was able to run it, once it has ended.
func (t trigger) ran() bool { return C.trigger_ran(t.c) != 0 }

//export awaitEvent
func awaitEvent(context unsafe.Pointer, t *C.struct_trigger, limit C.int) C.int {
	source := (*(*cgo.Handle)(context)).Value().(*eventSource)
	return -C.int(source.await(trigger{t}, time.Duration(limit)*time.Millisecond))
}

// runTriggerForEvent runs the plan's trigger, once more if the event did not arrive.
func runTriggerForEvent(source *eventSource) syscall.Errno {
	handle := cgo.NewHandle(source)
	defer handle.Delete()
	return syscall.Errno(-C.run_cell_trigger((*C.await_cell_event)(C.awaitEvent), unsafe.Pointer(&handle)))
}

func runTriggerAlone() { C.run_cell_trigger_alone() }

// lastTrigger says whether the guest could run the last trigger, and returns the findings about it.
func lastTrigger() (ran bool, findings []finding) {
	if found := C.cell_trigger_finding(); found.code != 0 {
		findings = append(findings, *found)
	}
	return C.cell_trigger_ran() != 0, findings
}

func fireMicroseconds() C.uint32_t { return C.cell_fire_microseconds() }

func microsecondsSince(start time.Time) C.uint32_t {
	return C.uint32_t(time.Since(start).Microseconds())
}

// countsRuns reports whether the kernel counts the runs of each program.
func countsRuns() bool { return C.counts_runs() != 0 }

// They affect the calling goroutine's thread, to which it must be locked.
func isolateNetwork() { C.isolate_network() }
func isolateBPFFS()   { C.isolate_bpffs() }

// isolateCgroup creates a cgroup, moves this process there and returns its path. The agent removes it after the cell.
func isolateCgroup() (string, error) {
	path, err := C.isolate_cgroup()
	if path == nil {
		return "", fmt.Errorf("%w", err)
	}
	return C.GoString(path), nil
}

func leaveCgroup() { C.leave_cgroup() }

// A programInfo is the kernel's own data about a program, of which the library passes on a part. Fields that this
// kernel does not report are 0.
type programInfo = C.struct_bpf_prog_info

func askForInfo(descriptor int) programInfo {
	var info programInfo
	attributes := struct {
		descriptor, length uint32
		info               uint64
	}{uint32(descriptor), uint32(unsafe.Sizeof(info)), uint64(uintptr(unsafe.Pointer(&info)))}
	// Kernels before 4.13 fail and leave zeros.
	_, _, _ = unix.Syscall(unix.SYS_BPF, C.BPF_OBJ_GET_INFO_BY_FD, uintptr(unsafe.Pointer(&attributes)),
		unsafe.Sizeof(attributes))
	runtime.KeepAlive(&info)
	return info
}
