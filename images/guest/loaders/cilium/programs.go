package main

// #include "load_log.h"
import "C"

import (
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// loadObject loads every program of the object alone and reports each. If all load, it loads the object as a whole and
// runs the stages of the plan; without a plan, it stops there.
func loadObject(out *reporter, path string, p *plan) {
	o, err := openObject(path)
	if err != nil {
		out.say(wholeObject, err.Error())
		out.program(programReport{program: wholeObject, stage: stageOpen, error: errorNumber(err), log_complete: 1})
		return
	}
	if p != nil {
		o.setLoadTargets(p)
		o.setMaps(out, p.maps)
	}
	if p != nil && p.sizesMaps {
		for _, name := range o.sizeMaps() {
			out.find(wholeObject, newFinding(findingMapSized, name))
		}
	}
	defer o.closeTargets()
	var reports []programReport
	var whole *collection
	failures := 0
	for index, name := range o.programs {
		report, loaded := loadAlone(out, o, uint32(index), name)
		reports = append(reports, report)
		if report.error != 0 {
			failures++
		} else if o.isWhole(name) {
			whole = loaded
		} else {
			loaded.close()
		}
	}
	// If one of its programs fails, the object fails as a whole.
	if failures > 0 || len(reports) == 0 {
		return
	}
	if whole == nil {
		whole = loadWhole(out, o)
	}
	if whole == nil {
		return
	}
	defer whole.close()
	if err := o.pinMaps(whole); err != nil {
		out.say(wholeObject, err.Error())
		out.program(programReport{program: wholeObject, stage: stageMaps, error: errorNumber(err), log_complete: 1})
		return
	}
	if p != nil && !p.stopsAtLoad {
		runStages(out, o, p, reports, whole)
	}
}

// loadWhole loads the object as an application does; it reports a failure and returns nil.
func loadWhole(out *reporter, o *object) *collection {
	loaded, err := assign(o.spec.Copy(), o.programs, o.mapNames(), withLogOfRefusal(firstLogBytes))
	if err == nil {
		return loaded
	}
	out.say(wholeObject, err.Error())
	for name, m := range o.spec.Maps {
		if m.Type == ebpf.ProgramArray && strings.Contains(err.Error(), "populating map "+name+":") {
			out.find(wholeObject, newFinding(findingArrayRefused, name))
		}
	}
	out.program(programReport{program: wholeObject, stage: stageLoad, error: errorNumber(err), log_complete: 1})
	return nil
}

// isWhole says whether a program that is loaded alone, with the maps that it refers to, is the whole object.
func (o *object) isWhole(name string) bool {
	used := make(map[string]bool)
	for _, m := range mapsOf(o.spec.Programs[name]) {
		used[m] = true
	}
	for m, spec := range o.spec.Maps {
		if !used[m] || spec.Type == ebpf.ProgramArray {
			return false
		}
	}
	return len(o.programs) == 1
}

// loadAlone reports on a program, and returns what is loaded if it passes.
func loadAlone(out *reporter, o *object, index uint32, name string) (programReport, *collection) {
	spec := o.spec.Programs[name]
	report := programReport{program: C.uint32_t(index), stage: stageLoad, log_complete: 1}
	setText(report.name[:], name)
	setText(report._type[:], typeName(spec.Type))
	if spec.Type == ebpf.Extension && takesType(spec.Type) && !o.loadTarget(spec) {
		// Only the application has the function, so what its user would see is unknown.
		report.error = -C.int32_t(unix.EINVAL)
		out.find(index, newFinding(findingReplacedFunctionMissing, name))
		out.program(report)
		return report, nil
	}
	loaded, quiet, err := loadQuietly(o, name, &report)
	if err == nil {
		report.instructions = instructionCount(spec)
		takeNumbers(&report, loaded.programs[name])
		out.log(index, sourceVerifier, quiet)
	} else {
		report.error = errorNumber(err)
		missing := failedMap(o, spec)
		if missing != nil {
			report.stage = stageMaps
		}
		refusal := verifierLog(err)
		// The library's message for its last step: it can fail on the object's BTF before that.
		if refusal != nil && strings.Contains(err.Error(), "load program: ") {
			report.instructions = instructionCount(spec)
			var log []byte
			if log, err = fetchLog(o, name, &report, quiet, err); len(log) > 0 {
				refusal = verifierLog(err)
				out.log(index, sourceVerifier, log)
			}
		} else if refusal != nil {
			out.log(index, sourceVerifier, words(refusal))
		}
		// Without the privileges for it, the kernel rejects programs of all kinds.
		mayLoad := missingCapability(uint32(spec.Type)) == ""
		if mayLoad && missing == nil && refusal == nil && spec.Type != ebpf.UnspecifiedProgram && !takesType(spec.Type) {
			// Before the library's message: what else prevents the load.
			out.find(index, newFinding(findingProgramTypeRejected, typeName(spec.Type)))
		}
		if mayLoad && lacksCalls(callsFunctions(spec.Instructions)) {
			out.find(index, newFinding(findingCallsRejected))
		}
		out.say(index, err.Error())
		out.find(index, askAboutRefusal(spec, missing, refusal, report.error)...)
		out.find(index, askAboutBTF(err)...)
		if missing == nil && refusal == nil && spec.Type == ebpf.Tracing {
			// The kernel's BTF does not have the program's target.
			for _, answer := range askAboutAttachment(spec, spec.AttachTo, report.error) {
				// The library itself reports a target that exists nowhere.
				if findingCode(answer.code) != findingSymbolAbsent {
					out.find(index, answer)
				}
			}
		}
	}
	out.program(report)
	return report, loaded
}

// loadQuietly loads with totals at most, which cannot fill a log buffer: before Linux 6.4, a full one makes a good load
// fail with ENOSPC. For a program that passes, it returns the kernel's totals or, if the kernel has none, the log of a
// second load.
func loadQuietly(o *object, name string, report *programReport) (*collection, []byte, error) {
	start := time.Now()
	options := withoutLog()
	if kernelHasStats() {
		options = withLog(levelStats, statsBytes)
	}
	var maps []string
	if o.isWhole(name) {
		maps = o.mapNames()
	}
	loaded, err := assign(o.alone(), []string{name}, maps, options)
	report.load_microseconds = microsecondsSince(start)
	if err != nil {
		if refusal := verifierLog(err); refusal != nil {
			return nil, words(refusal), err
		}
		return nil, nil, err
	}
	if !kernelHasStats() {
		return loaded, logOfSuccess(o, name, report), nil
	}
	log := loaded.programs[name].VerifierLog
	report.verification_microseconds = verificationMicroseconds(log)
	return loaded, []byte(log), nil
}

// logOfSuccess is for kernels that write totals only at the end of a full log.
func logOfSuccess(o *object, name string, report *programReport) []byte {
	loaded, err := assign(o.alone(), []string{name}, nil, withLog(levelLastPath, smallestLogBytes))
	if err != nil {
		report.log_complete = 0
		if refusal := verifierLog(err); refusal != nil {
			return words(refusal)
		}
		return nil
	}
	defer loaded.close()
	return []byte(loaded.programs[name].VerifierLog)
}

// fetchLog loads a rejected program once more, for its log, and returns it with the library's error, which includes a
// part of the log. If verification took long, the totals and the verifier's last lines have to do, unless full logs are
// requested: the library cannot stop the kernel after the first MiB, as the kit does for the other loaders.
func fetchLog(o *object, name string, report *programReport, quiet []byte, first error) ([]byte, error) {
	if C.is_long_log(C.int(errorNumber(first)), logText(quiet), report.load_microseconds) != 0 {
		report.log_complete = 0
		return append([]byte(C.CUT_MARK), quiet...), first
	}
	sizes := logSizes(processedInstructions(string(quiet)))
	if len(sizes) == 0 {
		report.log_complete, report.log_lacks_memory = 0, 1
		return quiet, first
	}
	for i, bytes := range sizes {
		_, err := assign(o.alone(), []string{name}, nil, withLog(levelLastPath, bytes))
		refusal := verifierLog(err)
		if refusal == nil || len(words(refusal)) == 0 {
			return quiet, first
		}
		isLast := i == len(sizes)-1 || sizes[i+1] <= bytes
		if !isCut(refusal, bytes) || isLast {
			if isCut(refusal, bytes) {
				report.log_complete = 0
				if kernelHasStats() && bytes < largestLogBytes {
					report.log_lacks_memory = 1
				}
			}
			return words(refusal), withNumber(err, first)
		}
	}
	return quiet, first
}

// withNumber is the error of the load that has the log, unless that load failed because of its log.
func withNumber(err, first error) error {
	if errorNumber(err) != errorNumber(first) {
		return first
	}
	return err
}

// failedMap creates the maps alone, because the library's error does not say in which step it failed; nil if all can be
// created.
func failedMap(o *object, program *ebpf.ProgramSpec) *ebpf.MapSpec {
	if program.Type == ebpf.UnspecifiedProgram {
		// Rejected before it got to its maps.
		return nil
	}
	for _, name := range mapsOf(program) {
		loaded, err := assign(o.alone(), nil, []string{name}, ebpf.ProgramOptions{})
		if err != nil {
			return o.spec.Maps[name]
		}
		loaded.close()
	}
	return nil
}

func instructionCount(program *ebpf.ProgramSpec) C.uint32_t {
	const instructionBytes = 8
	return C.uint32_t(program.Instructions.Size() / instructionBytes)
}

func takeNumbers(report *programReport, program *ebpf.Program) {
	info := askForInfo(program.FD())
	report.translated_bytes = info.xlated_prog_len
	report.jited_bytes = info.jited_prog_len
	report.verified_instructions = info.verified_insns
}
