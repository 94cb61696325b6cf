package main

import (
	"fmt"
	"path/filepath"

	"github.com/cilium/ebpf"
)

// pinFolder is the directory of maps that are pinned by name.
const pinFolder = "/sys/fs/bpf"

// setMaps changes the specifications of maps before the load, as the plan says.
func (o *object) setMaps(out *reporter, settings []mapSettings) {
	if len(settings) == 0 {
		return
	}
	makePinFolders()
	o.pins = make(map[string]string)
	for _, set := range settings {
		m := o.spec.Maps[set.name]
		if m == nil {
			out.endUnmeasured(newFinding(findingMapNotFound, "cilium/ebpf", set.name))
		}
		if set.maxEntries != 0 {
			m.MaxEntries = set.maxEntries
		}
		if set.pin == filepath.Join(pinFolder, m.Name) {
			m.Pinning = ebpf.PinByName
		} else if set.pin != "" {
			m.Pinning = ebpf.PinNone
			o.pins[set.name] = set.pin
		}
		if set.inner != nil {
			if m.Type != ebpf.ArrayOfMaps && m.Type != ebpf.HashOfMaps {
				out.endUnmeasured(newFinding(findingInnerMapUnusable, set.name))
			}
			m.InnerMap = &ebpf.MapSpec{
				Type: ebpf.MapType(set.inner.kind), KeySize: set.inner.keySize, ValueSize: set.inner.valueSize,
				MaxEntries: set.inner.maxEntries,
			}
		}
	}
}

// pinMaps pins the maps of a loaded object at paths of their own, which no option of the library's does.
func (o *object) pinMaps(loaded *collection) error {
	for name, path := range o.pins {
		if err := loaded.maps[name].Pin(path); err != nil {
			return fmt.Errorf("map %s: %w", name, err)
		}
	}
	return nil
}
