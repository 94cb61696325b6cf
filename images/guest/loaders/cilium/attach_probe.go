package main

import (
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// place is `symbol[+offset]`, the symbol perhaps a number.
type place struct {
	symbol string
	// Of the symbol, or of the file where there is none.
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
	kind, _, _ := strings.Cut(spec.SectionName, "/")
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

// attachUprobe has `/path:symbol[+offset]` for a target.
func (a *attacher) attachUprobe(program *ebpf.Program, target string, isReturn bool) error {
	path, symbol, found := strings.Cut(target, ":")
	if !found {
		return cannotTell(findingTargetNotPathAndSymbol, target)
	}
	p, err := parsePlace(symbol)
	if err != nil {
		return err
	}
	executable, err := link.OpenExecutable(path)
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
