package main

import (
	"bytes"
	_ "embed"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

//go:embed warm_up.bpf.o
var warmUpObject []byte

// warmUp has the library do once what each cell would repeat: probe the kernel and read its BTF. Its loads may be
// rejected; the results are cached nevertheless.
func warmUp() {
	warmUpKernelTypes()
	if spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(warmUpObject)); err == nil {
		var options ebpf.CollectionOptions
		shareKernelTypes(&options)
		if loaded, err := ebpf.NewCollectionWithOptions(spec, options); err == nil {
			warmUpUprobes(loaded.Programs["warm_up"])
			loaded.Close()
		}
	}
	// The library looks for a target that no kernel has: it reads the BTF and gives up.
	if program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFEntry, AttachTo: "compat_matrix_no_such_function", License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	}); err == nil {
		program.Close()
	}
	// The first pipe makes the runtime open the descriptors of its poller.
	if reader, writer, err := os.Pipe(); err == nil {
		reader.Close()
		writer.Close()
	}
}

// warmUpUprobes has the library read the symbols of the shell for typed lines, and find out how this kernel attaches.
func warmUpUprobes(program *ebpf.Program) {
	shell, err := openExecutable("/bin/bash")
	if err != nil {
		return
	}
	if probe, err := shell.Uprobe("readline", program, nil); err == nil {
		probe.Close()
	}
}
