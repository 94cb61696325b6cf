// A resident loader that misbehaves instead of loading the object, a text with one word of the table below.
//
// Nothing may reach the next cell. Every cell that lives long enough reports what it sees. The rest of this package is
// the cilium loader's own, which the build copies beside these files.
package main

import (
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const leftMemory = 128 << 20

// kept is package state that could outlive a cell.
var kept []byte

func main() {
	if len(os.Args) != 2 || os.Args[1] != residentArgument {
		os.Exit(64)
	}
	prepareProcess()
	// Nothing is loaded, so there is nothing to warm up.
	serve(func() {}, misbehave)
}

func misbehave(out *reporter, path string, p *plan) {
	word, err := os.ReadFile(path)
	must(err)
	deed, known := deeds[string(word)]
	if !known {
		panic("unruly loader: there is no '" + string(word) + "'")
	}
	deed()
	reportWhatIsSeen(out)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

var deeds = map[string]func(){
	"look":               func() {},
	"leak-descriptors":   leakDescriptors,
	"change-folder":      changeFolder,
	"drop-capabilities":  dropCapabilities,
	"change-user":        func() { must(unix.Setuid(65534)) },
	"change-limits":      changeLimits,
	"change-environment": changeEnvironment,
	"leave-cgroup":       leaveCgroupBehind,
	"enter-cgroup":       enterCgroup,
	"leave-pin":          func() { must(os.Mkdir("/sys/fs/bpf/left", 0o755)) },
	"leave-memory":       leaveMemory,
	"leave-activity":     leaveGoroutine,
	"ignore-signals":     func() { signal.Ignore(unix.SIGUSR1) },
	"crash":              func() { *(*int)(nil) = 1 },
	"hang":               func() { time.Sleep(time.Hour) },
}

func leakDescriptors() {
	for i := 0; i < 500; i++ {
		_, err := unix.Dup(unix.Stdin)
		must(err)
	}
}

func changeFolder() {
	must(unix.Chdir("/tmp"))
	unix.Umask(0o077)
}

// dropCapabilities drops the capabilities of the cell's thread.
func dropCapabilities() {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	must(unix.Capset(&header, &none[0]))
}

func changeLimits() {
	must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: 64}))
	must(unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 4096, Max: 4096}))
}

func changeEnvironment() {
	must(os.Setenv("LEFT", "behind"))
	must(os.Unsetenv("HOME"))
}

func leaveCgroupBehind() {
	_, err := isolateCgroup()
	must(err)
}

// enterCgroup moves the process without the kit, as a third-party program would.
func enterCgroup() {
	group := filepath.Join(cgroupRoot, cellCgroupPrefix+"own")
	must(os.Mkdir(group, 0o755))
	must(os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte("0"), 0))
}

func leaveMemory() {
	kept = make([]byte, leftMemory)
	for i := range kept {
		kept[i] = 1
	}
}

func leaveGoroutine() {
	go func() {
		for {
			time.Sleep(time.Millisecond)
		}
	}()
}
