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

// Up to Linux 5.1, a buffer may have UINT_MAX >> 8 bytes, later UINT_MAX >> 2; beyond that, the kernel returns EINVAL.
// Statistics came with the second limit.
const (
	smallestLogBytes = 16<<20 - 1
	// Most logs fit; the library clears a buffer that it allocates.
	firstLogBytes   = 1 << 20
	largestLogBytes = 1<<30 - 1
	statsBytes      = C.QUIET_LOG_BYTES
)

// logText is the part of a log before its first NUL.
func logText(log []byte) *C.char {
	return (*C.char)(unsafe.Pointer(&append(append([]byte{}, log...), 0)[0]))
}

// fittingLogBytes is the maximum size of a log. The library keeps each log twice, and the verifier needs memory as well.
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

// kernelHasStats reports whether the kernel can write statistics without a full log.
func kernelHasStats() bool { return C.quiet_level() == levelStats }

// availableBytes is the guest's free memory; 0 if the kernel does not report it.
func availableBytes() int { return int(C.available_bytes()) }

// processedInstructions is the number of instructions in the verifier's statistics; 0 without statistics.
func processedInstructions(log string) int {
	const words = "processed "
	var count int
	if start := strings.LastIndex(log, words); start >= 0 {
		_, _ = fmt.Sscanf(log[start:], words+"%d", &count)
	}
	return count
}

// verificationMicroseconds is the verification time in a log with statistics.
func verificationMicroseconds(log string) C.uint32_t {
	const words = "verification time "
	var microseconds C.uint32_t
	if start := strings.Index(log, words); start >= 0 {
		// Kernels before 5.2 do not report it.
		_, _ = fmt.Sscanf(log[start:], words+"%d usec", &microseconds)
	}
	return microseconds
}
