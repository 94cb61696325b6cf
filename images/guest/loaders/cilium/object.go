package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"sort"

	"github.com/cilium/ebpf"
)

// An object is what the library made of a file; its programs are in the order of the file, which the library forgets.
type object struct {
	spec     *ebpf.CollectionSpec
	programs []string
}

func openObject(path string) (*object, error) {
	// Read at once: the library reads a file in hundreds of small parts. As LoadCollectionSpec() says it.
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("file %s: %w", path, err)
	}
	sizeMaps(spec)
	programs, err := orderedPrograms(file, spec)
	if err != nil {
		return nil, err
	}
	return &object{spec, programs}, nil
}

// orderedPrograms sorts by section and place, as libbpf does.
func orderedPrograms(object []byte, spec *ebpf.CollectionSpec) ([]string, error) {
	file, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	symbols, err := file.Symbols()
	if err != nil {
		return nil, err
	}
	place := make(map[string]elf.Symbol)
	for _, symbol := range symbols {
		program := spec.Programs[symbol.Name]
		if program == nil || int(symbol.Section) >= len(file.Sections) ||
			file.Sections[symbol.Section].Name != program.SectionName {
			continue
		}
		place[symbol.Name] = symbol
	}
	var names []string
	for name := range spec.Programs {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		left, right := place[names[i]], place[names[j]]
		if left.Section != right.Section {
			return left.Section < right.Section
		}
		return left.Value < right.Value
	})
	return names, nil
}

// sizeMaps gives a size to maps that get one from the application at run time, as the libbpf loader does.
func sizeMaps(spec *ebpf.CollectionSpec) {
	for _, m := range spec.Maps {
		sizeMap(m)
		if m.InnerMap != nil {
			sizeMap(m.InnerMap)
		}
	}
}

func sizeMap(m *ebpf.MapSpec) {
	if m.MaxEntries != 0 {
		return
	}
	switch m.Type {
	case ebpf.PerfEventArray, ebpf.CGroupStorage, ebpf.PerCPUCGroupStorage, ebpf.SkStorage, ebpf.InodeStorage,
		ebpf.TaskStorage, ebpf.StructOpsMap:
	case ebpf.RingBuf:
		m.MaxEntries = uint32(os.Getpagesize())
	default:
		m.MaxEntries = 1
	}
}

// alone is a copy in which program arrays are not filled with programs that are left out.
func (o *object) alone() *ebpf.CollectionSpec {
	spec := o.spec.Copy()
	for _, m := range spec.Maps {
		if m.Type == ebpf.ProgramArray {
			m.Contents = nil
		}
	}
	return spec
}

// mapsOf lists the maps that the program refers to, each once.
func mapsOf(program *ebpf.ProgramSpec) []string {
	var names []string
	seen := make(map[string]bool)
	for _, instruction := range program.Instructions {
		name := instruction.Reference()
		if !instruction.IsLoadFromMap() || name == "" || seen[name] {
			continue
		}
		seen[name] = true
		names = append(names, name)
	}
	return names
}

// nameOf is what libbpf calls a type.
func nameOf(names []string, number int) string {
	if number < len(names) {
		return names[number]
	}
	return "unknown to libbpf"
}

func typeName(kind ebpf.ProgramType) string { return nameOf(programTypes[:], int(kind)) }
