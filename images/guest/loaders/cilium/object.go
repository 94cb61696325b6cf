package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"sort"

	"github.com/cilium/ebpf"
)

// An object is a file as the library parsed it; its programs are in the order of the file, which the library discards.
type object struct {
	spec     *ebpf.CollectionSpec
	programs []string
	// The programs whose functions its extensions replace; loaded extensions keep them loaded.
	targets []*collection
	// Paths to pin maps at once the object is loaded, by the map's name.
	pins map[string]string
}

func openObject(path string) (*object, error) {
	// Read at once: the library reads a file in hundreds of small parts. The error is that of LoadCollectionSpec().
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("file %s: %w", path, err)
	}
	programs, err := orderedPrograms(file, spec)
	if err != nil {
		return nil, err
	}
	return &object{spec: spec, programs: programs}, nil
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

// sizeMaps gives a size to maps that the application sizes at run time, and returns their names.
func (o *object) sizeMaps() []string {
	var sized []string
	for name, m := range o.spec.Maps {
		if sizeMap(m) {
			sized = append(sized, name)
		}
		if m.InnerMap != nil && sizeMap(m.InnerMap) {
			sized = append(sized, name+".inner")
		}
	}
	sort.Strings(sized)
	return sized
}

// lacksSize says whether a map needs a size and has none.
func lacksSize(m *ebpf.MapSpec) bool {
	switch m.Type {
	case ebpf.PerfEventArray, ebpf.CGroupStorage, ebpf.PerCPUCGroupStorage, ebpf.SkStorage, ebpf.InodeStorage,
		ebpf.TaskStorage, ebpf.StructOpsMap, cgroupLocalStorage:
		return false
	default:
		return m.MaxEntries == 0
	}
}

// The library has no names for these before 0.10.
const (
	userRingBuf        ebpf.MapType = 31
	cgroupLocalStorage ebpf.MapType = 32
)

func sizeMap(m *ebpf.MapSpec) bool {
	if !lacksSize(m) {
		return false
	}
	m.MaxEntries = 1
	if m.Type == ebpf.RingBuf || m.Type == userRingBuf {
		m.MaxEntries = uint32(os.Getpagesize())
	}
	return true
}

// alone is a copy in which program arrays are not filled with the other programs.
func (o *object) alone() *ebpf.CollectionSpec {
	spec := o.spec.Copy()
	for _, m := range spec.Maps {
		if m.Type == ebpf.ProgramArray {
			m.Contents = nil
		}
	}
	return spec
}

// loadTarget loads a program of the object with the function that an extension replaces, as its application does before
// it loads the extension. It returns whether there is one.
func (o *object) loadTarget(extension *ebpf.ProgramSpec) bool {
	for _, name := range o.programs {
		program := o.spec.Programs[name]
		if program.Type == ebpf.Extension || !hasFunction(program, extension.AttachTo) {
			continue
		}
		if loaded, err := assign(o.alone(), []string{name}, nil, withoutLog()); err == nil {
			o.targets = append(o.targets, loaded)
			extension.AttachTarget = loaded.programs[name]
			return true
		}
	}
	return false
}

func hasFunction(program *ebpf.ProgramSpec, name string) bool {
	for _, instruction := range program.Instructions {
		if instruction.Symbol() == name {
			return true
		}
	}
	return false
}

func (o *object) closeTargets() {
	for _, target := range o.targets {
		target.close()
	}
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

// nameOf is libbpf's name of a type.
func nameOf(names []string, number int) string {
	if number < len(names) {
		return names[number]
	}
	return "unknown to libbpf"
}

func typeName(kind ebpf.ProgramType) string { return nameOf(programTypes[:], int(kind)) }
