package main

import (
	"fmt"
	"reflect"
	"unicode"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// A collection is an object that the library has loaded.
type collection struct {
	programs map[string]*ebpf.Program
	maps     map[string]*ebpf.Map
}

func (c *collection) close() {
	for _, program := range c.programs {
		program.Close()
	}
	for _, m := range c.maps {
		m.Close()
	}
}

// assign loads the named programs and maps, and what they need, as most of the library's users do: with
// CollectionSpec.LoadAndAssign() into a struct like those that bpf2go generates. Unlike NewCollection(), it rejects a
// program without a type, and always loads in the same order.
func assign(spec *ebpf.CollectionSpec, programs, maps []string, options ebpf.ProgramOptions) (*collection, error) {
	programType, mapType := reflect.TypeOf((*ebpf.Program)(nil)), reflect.TypeOf((*ebpf.Map)(nil))
	objects := reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "Programs", Type: reflect.StructOf(fields(programs, programType))},
		{Name: "Maps", Type: reflect.StructOf(fields(maps, mapType))},
	}))
	all := ebpf.CollectionOptions{
		// Maps that are pinned by name need a directory.
		Maps:     ebpf.MapOptions{PinPath: pinFolder},
		Programs: options,
	}
	shareKernelTypes(&all)
	all.Programs.KernelTypes = externalTypes()
	if err := spec.LoadAndAssign(objects.Interface(), &all); err != nil {
		return nil, err
	}
	loaded := collection{make(map[string]*ebpf.Program), make(map[string]*ebpf.Map)}
	for i, name := range programs {
		loaded.programs[name] = objects.Elem().Field(0).Field(i).Interface().(*ebpf.Program)
	}
	for i, name := range maps {
		loaded.maps[name] = objects.Elem().Field(1).Field(i).Interface().(*ebpf.Map)
	}
	return &loaded, nil
}

// external is the BTF that came with a job for a kernel that has none.
var external *btf.Spec

// externalTypes returns the types to relocate against instead of the kernel's own; nil if the kernel has its own, or none
// came with the job.
func externalTypes() *btf.Spec {
	path := externalBTF()
	if external == nil && path != "" {
		external, _ = btf.LoadSpec(path)
	}
	return external
}

// fields have the names that bpf2go gives them: errors begin with that name.
func fields(names []string, kind reflect.Type) []reflect.StructField {
	var all []reflect.StructField
	taken := make(map[string]bool)
	for i, name := range names {
		field := identifier(name)
		if field == "" || taken[field] {
			field = fmt.Sprintf("Field%d", i)
		}
		taken[field] = true
		all = append(all, reflect.StructField{
			Name: field, Type: kind, Tag: reflect.StructTag(fmt.Sprintf("ebpf:%q", name)),
		})
	}
	return all
}

// identifier turns `watch_readline` into `WatchReadline` and leaves `MAX_LINES` alone; empty if it cannot be a field.
func identifier(name string) string {
	var result []rune
	atStart, last := true, rune(0)
	for _, letter := range name {
		isWord := unicode.IsLetter(letter) || unicode.IsDigit(letter)
		if letter == '_' && (atStart || unicode.IsLower(last) || unicode.IsDigit(last)) {
			atStart = true
			continue
		}
		if !isWord && letter != '_' {
			continue
		}
		if atStart {
			letter = unicode.ToUpper(letter)
		}
		result = append(result, letter)
		atStart, last = false, letter
	}
	if len(result) == 0 || !unicode.IsUpper(result[0]) {
		return ""
	}
	return string(result)
}
