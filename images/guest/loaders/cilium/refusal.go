package main

// #include <stdint.h>
import "C"

import (
	"errors"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// errorNumber is the negative errno of a failure; -EINVAL if the library gave up without calling the kernel.
func errorNumber(err error) C.int32_t {
	var number unix.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &number):
		return -C.int32_t(number)
	case errors.Is(err, os.ErrNotExist):
		return -C.int32_t(unix.ENOENT)
	}
	// link.AttachRawLink() of 0.9.1 and others pass on the kernel's message, not its number: "can't create link: %s".
	const last = unix.EHWPOISON
	for number = 1; number <= last; number++ {
		if strings.HasSuffix(err.Error(), ": "+number.Error()) {
			return -C.int32_t(number)
		}
	}
	return -C.int32_t(unix.EINVAL)
}

// verifierLog is the kernel's log, as far as the library kept it; nil if the kernel was not called.
func verifierLog(err error) *ebpf.VerifierError {
	var refusal *ebpf.VerifierError
	if !errors.As(err, &refusal) {
		return nil
	}
	return refusal
}

// words is the log as the kernel wrote it, except for blanks at the ends of lines, which the library trims.
func words(refusal *ebpf.VerifierError) []byte {
	text := strings.Join(refusal.Log, "\n")
	if text == "" {
		return nil
	}
	return []byte(text + "\n")
}
