package main

// #include "load_log.h"
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

const (
	levelLastPath = C.LOG_LAST_PATH
	levelStats    = C.LOG_STATS
)

// Up to Linux 5.1 a buffer may have UINT_MAX >> 8 bytes, later UINT_MAX >> 2; beyond that is EINVAL. Statistics came with
// the second.
const (
	smallestLogBytes = 16<<20 - 1
	// Most logs fit; the library clears a buffer that it makes.
	firstLogBytes   = 1 << 20
	largestLogBytes = 1<<30 - 1
	statsBytes      = C.QUIET_LOG_BYTES
)

// logText is a log as C reads one.
func logText(log []byte) *C.char {
	return (*C.char)(unsafe.Pointer(&append(append([]byte{}, log...), 0)[0]))
}

// fittingLogBytes is how large a log may become. The library keeps each log twice, and the verifier wants memory as well.
func fittingLogBytes() int {
	bytes := availableBytes() / 4
	if bytes < smallestLogBytes || !kernelHasStats() {
		return smallestLogBytes
	}
	if bytes > largestLogBytes {
		return largestLogBytes
	}
	return bytes
}

// kernelHasStats says whether the kernel can write totals and no more.
func kernelHasStats() bool { return C.quiet_level() == levelStats }

// availableBytes is the guest's memory that is not in use; 0 if the kernel does not say.
func availableBytes() int { return int(C.available_bytes()) }

// processedInstructions is how many the verifier looked at, as its totals say; 0 where it wrote none.
func processedInstructions(log string) int {
	const words = "processed "
	var count int
	if start := strings.LastIndex(log, words); start >= 0 {
		_, _ = fmt.Sscanf(log[start:], words+"%d", &count)
	}
	return count
}

// verificationMicroseconds is what a log of statistics says.
func verificationMicroseconds(log string) C.uint32_t {
	const words = "verification time "
	var microseconds C.uint32_t
	if start := strings.Index(log, words); start >= 0 {
		// Kernels before 5.2 do not say.
		_, _ = fmt.Sscanf(log[start:], words+"%d usec", &microseconds)
	}
	return microseconds
}
