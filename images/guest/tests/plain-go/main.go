// Loads an object as programs that use cilium/ebpf do: what bpf2go generates comes to these calls.
package main

import (
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
)

func main() {
	if err := load(os.Args[1]); err != nil {
		fmt.Printf("%+v\n", err)
		os.Exit(1)
	}
}

func load(path string) error {
	if err := rlimit.RemoveMemlock(); err != nil {
		return err
	}
	spec, err := ebpf.LoadCollectionSpec(path)
	if err != nil {
		return err
	}
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		return err
	}
	collection.Close()
	return nil
}
