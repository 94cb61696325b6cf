package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// attachXDP attaches to the interface before the slash; `lo` by default. All of it is in the cell's own network.
func (a *attacher) attachXDP(program *ebpf.Program, target string) error {
	name, _, _ := strings.Cut(target, "/")
	if name == "" {
		name = "lo"
	}
	index, err := interfaceIndex(name)
	if err != nil {
		return cannotTell(findingInterfaceMissing, name)
	}
	return a.keep(link.AttachXDP(link.XDPOptions{Program: program, Interface: index}))
}

func interfaceIndex(name string) (int, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	err = unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, request)
	return int(request.Uint32()), err
}

// attachToSockets prefers packet sockets, which see everything, but need a module on many kernels. Raw sockets always
// exist; they see a packet from its IP header on, and only packets of their protocol.
func (a *attacher) attachToSockets(program *ebpf.Program) error {
	everything := int(unix.ETH_P_ALL>>8 | unix.ETH_P_ALL&0xff<<8)
	err := a.attachToSocket(program, unix.AF_PACKET, everything)
	if !errors.Is(err, unix.EAFNOSUPPORT) {
		return err
	}
	a.find(findingPacketSocketsMissing)
	for _, protocol := range []int{unix.IPPROTO_ICMP, unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
		if err := a.attachToSocket(program, unix.AF_INET, protocol); err != nil {
			return err
		}
	}
	return nil
}

func (a *attacher) attachToSocket(program *ebpf.Program, family, protocol int) error {
	descriptor, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return err
	}
	socket := os.NewFile(uintptr(descriptor), "socket")
	a.kept = append(a.kept, socket)
	return link.AttachSocketFilter(socket, program)
}

func (a *attacher) attachToNetwork(program *ebpf.Program) error {
	// The network of the cell's thread: the process is in another one. /proc/thread-self came with Linux 3.17.
	network, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		return err
	}
	defer network.Close()
	attached, err := link.AttachNetNs(int(network.Fd()), program)
	if err != nil {
		return err
	}
	a.kept = append(a.kept, attached)
	return nil
}
