package main

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// A programInfo is the kernel's `struct bpf_prog_info`, of which the library passes on a part; zeros for what this kernel
// does not say.
type programInfo [infoBytes]byte

func askForInfo(program *ebpf.Program) programInfo {
	var info programInfo
	attributes := struct {
		descriptor, length uint32
		info               uint64
	}{uint32(program.FD()), infoBytes, uint64(uintptr(unsafe.Pointer(&info)))}
	// Unknown before 4.13: that leaves zeros.
	_, _, _ = unix.Syscall(unix.SYS_BPF, commandGetInfo, uintptr(unsafe.Pointer(&attributes)), unsafe.Sizeof(attributes))
	runtime.KeepAlive(&info)
	runtime.KeepAlive(program)
	return info
}

func (info *programInfo) number(offset int) uint32 {
	return binary.LittleEndian.Uint32(info[offset:])
}

func (info *programInfo) runs() uint64 {
	return binary.LittleEndian.Uint64(info[infoRuns:])
}
