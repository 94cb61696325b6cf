package main

// #include <stdint.h>
import "C"

import (
	"strings"

	"github.com/cilium/ebpf"
)

// loadObject loads every program of the object alone and reports each. Where all of them load, the stages of the plan
// follow; no plan stops there.
func loadObject(out *reporter, path string, p *plan) {
	o, err := openObject(path)
	if err != nil {
		out.say(wholeObject, err.Error())
		out.program(programReport{program: wholeObject, stage: stageOpen, error: errorNumber(err), log_complete: 1})
		return
	}
	if p != nil {
		o.setLoadTargets(p)
	}
	var reports []programReport
	failures := 0
	for index, name := range o.programs {
		report := loadAlone(out, o, uint32(index), name)
		reports = append(reports, report)
		if report.error != 0 {
			failures++
		}
	}
	if p != nil && failures == 0 && len(reports) > 0 {
		runStages(out, o, p, reports)
	}
}

func loadAlone(out *reporter, o *object, index uint32, name string) programReport {
	spec := o.spec.Programs[name]
	report := programReport{program: C.uint32_t(index), stage: stageLoad, log_complete: 1}
	setText(report.name[:], name)
	setText(report._type[:], typeName(spec.Type))
	loaded, err := loadForVerdict(o, name, &report)
	if err == nil {
		report.instructions = instructionCount(spec)
		takeNumbers(&report, loaded.programs[name])
		loaded.close()
		out.log(index, sourceVerifier, logOfSuccess(o, name, &report))
	} else {
		report.error = errorNumber(err)
		missing := failedMap(o, spec)
		if missing != nil {
			report.stage = stageMaps
		}
		refusal := verifierLog(err)
		// The library's words for its last step: it can fail on the object's BTF before that.
		if refusal != nil && strings.Contains(err.Error(), "load program: ") {
			report.instructions = instructionCount(spec)
		}
		if refusal != nil {
			out.log(index, sourceVerifier, words(refusal))
		}
		out.say(index, err.Error())
		if answer := askAboutRefusal(spec, missing, refusal, report.error); answer != "" {
			out.say(index, ourPrefix+"this kernel takes no "+answer)
		}
	}
	out.program(report)
	return report
}

// loadForVerdict leaves it to the library to load without a log first, and again with one for what was refused: before Linux
// 6.4 a full buffer turns a good load into ENOSPC.
func loadForVerdict(o *object, name string, report *programReport) (*collection, error) {
	bytes := smallestLogBytes
	loaded, err := assign(o.alone(), []string{name}, nil, ebpf.ProgramOptions{LogSize: bytes})
	if refusal := verifierLog(err); refusal != nil && isCut(refusal, bytes) {
		if more := fittingLogBytes(); more > bytes {
			bytes = more
			_, again := assign(o.alone(), []string{name}, nil, ebpf.ProgramOptions{LogSize: bytes})
			if refusal := verifierLog(again); refusal != nil && len(words(refusal)) > 0 {
				err = again
			}
		}
		if isCut(verifierLog(err), bytes) {
			report.log_complete = 0
			if kernelHasStats() && bytes < largestLogBytes {
				report.log_lacks_memory = 1
			}
		}
	}
	return loaded, err
}

// isCut tells a log that filled its buffer. The library's own guess fails where the kernel kept the log's end (since
// Linux 6.4), and the library takes blanks from the ends of lines, of which old kernels write one each.
func isCut(refusal *ebpf.VerifierError, bytes int) bool {
	return refusal.Truncated || len(words(refusal))+len(refusal.Log) >= bytes-1
}

// logOfSuccess loads once more: with statistics alone where the kernel has them, else with the log that it has.
func logOfSuccess(o *object, name string, report *programReport) []byte {
	options := ebpf.ProgramOptions{LogLevel: levelStats, LogSize: statsBytes}
	if !kernelHasStats() {
		options = ebpf.ProgramOptions{LogLevel: levelLastPath, LogSize: smallestLogBytes}
	}
	loaded, err := assign(o.alone(), []string{name}, nil, options)
	if err != nil {
		report.log_complete = 0
		if refusal := verifierLog(err); refusal != nil {
			return words(refusal)
		}
		return nil
	}
	defer loaded.close()
	log := loaded.programs[name].VerifierLog
	report.verification_microseconds = verificationMicroseconds(log)
	return []byte(log)
}

// failedMap asks for the maps alone, since the library's error does not say in which step it failed; nil where all can be
// had.
func failedMap(o *object, program *ebpf.ProgramSpec) *ebpf.MapSpec {
	if program.Type == ebpf.UnspecifiedProgram {
		// Refused before it came to maps.
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
