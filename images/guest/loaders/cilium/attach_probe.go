package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// place is `symbol[+offset]`; the symbol may be a number.
type place struct {
	symbol string
	// From the symbol, or from the start of the file if there is none.
	offset uint64
}

func parsePlace(text string) (place, error) {
	symbol, plus, hasOffset := strings.Cut(text, "+")
	var p place
	if hasOffset {
		offset, err := strconv.ParseUint(plus, 0, 64)
		if err != nil {
			return place{}, cannotTell(findingTargetNotSymbolAndOffset, text)
		}
		p.offset = offset
	}
	if number, err := strconv.ParseUint(symbol, 0, 64); err == nil {
		p.offset += number
	} else {
		p.symbol = symbol
	}
	return p, nil
}

func (a *attacher) attachProbe(spec *ebpf.ProgramSpec, program *ebpf.Program, target string) error {
	kind, _, _ := strings.Cut(strings.TrimPrefix(spec.SectionName, "?"), "/")
	if kind != "kprobe" && kind != "kretprobe" && kind != "uprobe" && kind != "uretprobe" {
		return cannotTell(findingSectionNotAttachable, "the cilium loader", spec.SectionName)
	}
	isReturn := kind == "kretprobe" || kind == "uretprobe"
	if strings.HasPrefix(target, "/") {
		return a.attachUprobe(program, target, isReturn)
	}
	p, err := parsePlace(target)
	if err != nil {
		return err
	}
	options := &link.KprobeOptions{Offset: p.offset}
	if isReturn {
		return a.keep(link.Kretprobe(p.symbol, program, options))
	}
	return a.keep(link.Kprobe(p.symbol, program, options))
}

// attachUprobe attaches to `/path:symbol[+offset]`.
func (a *attacher) attachUprobe(program *ebpf.Program, target string, isReturn bool) error {
	path, symbol, found := strings.Cut(target, ":")
	if !found {
		return cannotTell(findingTargetNotPathAndSymbol, target)
	}
	p, err := parsePlace(symbol)
	if err != nil {
		return err
	}
	executable, err := openExecutable(path)
	if err != nil {
		return err
	}
	options := &link.UprobeOptions{Offset: p.offset}
	if p.symbol == "" {
		options = &link.UprobeOptions{Address: p.offset}
	}
	if isReturn {
		return a.keep(executable.Uretprobe(p.symbol, program, options))
	}
	return a.keep(executable.Uprobe(p.symbol, program, options))
}

// An executable keeps the symbols that the library read from a file, because that takes longer than the rest of a cell.
type executable struct {
	*link.Executable
	file os.FileInfo
}

var executables = make(map[string]executable)

const mostExecutables = 8

// openExecutable returns the executable of an earlier cell if its file is still the same.
func openExecutable(path string) (*link.Executable, error) {
	file, err := os.Stat(path)
	if err != nil {
		return link.OpenExecutable(path)
	}
	known, ok := executables[path]
	if ok && os.SameFile(known.file, file) && known.file.ModTime().Equal(file.ModTime()) &&
		known.file.Size() == file.Size() {
		return known.Executable, nil
	}
	opened, err := link.OpenExecutable(path)
	if err != nil {
		return nil, err
	}
	if len(executables) == mostExecutables {
		executables = make(map[string]executable)
	}
	executables[path] = executable{opened, file}
	return opened, nil
}
