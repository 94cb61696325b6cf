package main

// #include <stdint.h>
import "C"

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"
)

// askAboutRefusal explains a rejection without a log: it finds what the kernel lacks by loading programs that differ in
// one thing only. It finds nothing if the rejection concerns the program itself. The libbpf loader does the same.
func askAboutRefusal(program *ebpf.ProgramSpec, missing *ebpf.MapSpec, refusal *ebpf.VerifierError, number C.int32_t) []finding {
	if number == -C.int32_t(unix.EPERM) {
		return askAboutPermission(program, missing)
	}
	isAboutWhatIsKnown := number == -C.int32_t(unix.EINVAL) || number == -C.int32_t(unix.E2BIG)
	switch {
	case !isAboutWhatIsKnown:
	case missing != nil:
		kind := nameOf(mapTypes[:], int(missing.Type))
		if takes, isKnown := takesMapType(missing.Type); isKnown && !takes {
			return []finding{newFinding(findingMapTypeRejected, kind)}
		}
		if lacksSize(missing) {
			return []finding{newFinding(findingMapSizeMissing, kind)}
		}
	case refusal != nil && len(words(refusal)) == 0:
		return askAboutProgram(program)
	}
	return nil
}

// askAboutPermission names the capability that the process lacks for the program, or for the map that it cannot create.
func askAboutPermission(program *ebpf.ProgramSpec, missing *ebpf.MapSpec) []finding {
	if missing != nil {
		if capability := missingMapCapability(uint32(missing.Type)); capability != "" {
			kind := nameOf(mapTypes[:], int(missing.Type))
			return []finding{newFinding(findingCapabilityMissing, "maps", kind, capability)}
		}
	} else if capability := missingCapability(uint32(program.Type)); capability != "" {
		return []finding{newFinding(findingCapabilityMissing, "programs", typeName(program.Type), capability)}
	}
	return nil
}

// askAboutBTF is for users who may load programs but not BTF: the library takes EPERM for a kernel without BTF. Kernels
// with CAP_BPF have BTF.
func askAboutBTF(err error) []finding {
	capability := missingMapCapability(uint32(ebpf.Hash))
	if !errors.Is(err, ebpf.ErrNotSupported) || !strings.Contains(err.Error(), "BTF") || capability != "CAP_BPF" {
		return nil
	}
	return []finding{newFinding(findingCapabilityMissing, "BTF", "", capability)}
}

func askAboutProgram(program *ebpf.ProgramSpec) []finding {
	kind := typeName(program.Type)
	if !takesType(program.Type) {
		return []finding{newFinding(findingProgramTypeRejected, kind)}
	}
	asked := trivial{program.Type, program.AttachType, program.Flags, program.KernelVersion, 2}
	asLong, withoutFlags, withoutAttachType, withOwnVersion := asked, asked, asked, asked
	asLong.instructions = int(instructionCount(program))
	withoutFlags.flags = 0
	withoutAttachType.attachType = ebpf.AttachNone
	// The library fills in the kernel's own version.
	withOwnVersion.kernelVersion = 0
	switch {
	case asked.isTaken():
		if asLong.instructions > 2 && !asLong.isTaken() {
			return []finding{newFinding(findingLengthRejected, strconv.Itoa(asLong.instructions))}
		}
	case asked.flags != 0 && withoutFlags.isTaken():
		return []finding{newFinding(findingFlagsRejected, kind, fmt.Sprintf("%#x", asked.flags))}
	case asked.attachType != ebpf.AttachNone && withoutAttachType.isTaken():
		return []finding{newFinding(findingAttachTypeRejected, kind, nameOf(attachTypes[:], int(asked.attachType)))}
	case asked.kernelVersion != 0 && withOwnVersion.isTaken():
		version := asked.kernelVersion
		return []finding{newFinding(findingVersionRejected, kind,
			fmt.Sprintf("%d.%d.%d", version>>16, version>>8&0xff, version&0xff))}
	}
	return nil
}

// takesMapType uses the library's own probe if that has an answer.
func takesMapType(kind ebpf.MapType) (bool, bool) {
	if features.HaveMapType(kind) == nil {
		return true, true
	}
	return hasMapType(uint32(kind))
}

// askAboutAttachment explains why a program's target did not attach.
func askAboutAttachment(spec *ebpf.ProgramSpec, place string, number C.int32_t) []finding {
	kind, target, _ := strings.Cut(strings.TrimPrefix(spec.SectionName, "?"), "/")
	if place == "" {
		place = target
	}
	switch kind {
	case "kprobe", "kretprobe", "fentry", "fexit":
		symbol, _, _ := strings.Cut(place, "+")
		return askAboutFunction(symbol, callsOverride(spec.Instructions))
	case "tp", "tracepoint":
		return askAboutTracepoint(place, number)
	}
	return nil
}

func callsFunctions(instructions asm.Instructions) bool {
	for _, instruction := range instructions {
		if instruction.IsFunctionCall() {
			return true
		}
	}
	return false
}

func callsOverride(instructions asm.Instructions) bool {
	for _, instruction := range instructions {
		if instruction.IsBuiltinCall() && asm.BuiltinFunc(instruction.Constant) == asm.FnOverrideReturn {
			return true
		}
	}
	return false
}

// takesType uses the library's own probe; for types without one, a program that lacks its target will do: kernels that
// have the type write a log about that.
func takesType(kind ebpf.ProgramType) bool {
	answer := features.HaveProgramType(kind)
	if answer == nil || errors.Is(answer, ebpf.ErrNotSupported) {
		return answer == nil
	}
	_, refusal := trivial{kind: kind, instructions: 2}.load()
	return refusal == nil || len(words(refusal)) > 0
}

// A trivial program only returns 0.
type trivial struct {
	kind          ebpf.ProgramType
	attachType    ebpf.AttachType
	flags         uint32
	kernelVersion uint32
	instructions  int
}

func (t trivial) isTaken() bool {
	taken, _ := t.load()
	return taken
}

// load returns whether the kernel accepted it, and otherwise its error, which is nil if the library did not call the kernel.
func (t trivial) load() (bool, *ebpf.VerifierError) {
	var instructions asm.Instructions
	for len(instructions) < t.instructions-1 {
		instructions = append(instructions, asm.Mov.Imm(asm.R0, 0))
	}
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: t.kind, AttachType: t.attachType, Flags: t.flags, KernelVersion: t.kernelVersion, License: "GPL",
		Instructions: append(instructions, asm.Return()),
	})
	if err != nil {
		return false, verifierLog(err)
	}
	program.Close()
	return true, nil
}
