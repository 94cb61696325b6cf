package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A reporter writes what is to be said of one cell to the agent's pipe.
type reporter struct {
	cell uint32
	pipe *os.File
}

func newReporter(cell uint32) *reporter {
	unix.CloseOnExec(loaderDescriptor)
	return &reporter{cell, os.NewFile(loaderDescriptor, "the agent's pipe")}
}

func (out *reporter) writeFrame(kind uint32, head interface{}, tail []byte) {
	var frame bytes.Buffer
	length := binary.Size(head) + len(tail)
	for _, part := range []interface{}{frameHeader{kind, uint32(length)}, head, tail} {
		// Into memory, of sizes that are known: nothing can fail.
		_ = binary.Write(&frame, binary.LittleEndian, part)
	}
	if _, err := out.pipe.Write(frame.Bytes()); err != nil {
		fmt.Fprintln(os.Stderr, "loader-cilium:", err)
		os.Exit(70)
	}
}

// log writes a text in as many frames as it takes; none where it is empty.
func (out *reporter) log(program, source uint32, text []byte) {
	head := logHeader{out.cell, program, source}
	most := maxPayload - binary.Size(head)
	for len(text) > 0 {
		part := text
		if len(part) > most {
			part = part[:most]
		}
		out.writeFrame(frameLog, head, part)
		text = text[len(part):]
	}
}

// say writes lines of the loader's log.
func (out *reporter) say(program uint32, lines ...string) {
	for _, line := range lines {
		out.log(program, sourceLoader, []byte(line+"\n"))
	}
}

func (out *reporter) program(report programReport) {
	report.cell = out.cell
	out.writeFrame(frameProgram, report, nil)
}

// microseconds is a time as frames have it, where 0 stands for what is not known.
func microseconds(elapsed time.Duration) uint32 {
	const most = math.MaxUint32 * time.Microsecond
	if elapsed < time.Microsecond {
		return 1
	}
	if elapsed > most {
		elapsed = most
	}
	return uint32(elapsed / time.Microsecond)
}

// endUnmeasured ends the loader: the guest, or this library, lacks what the measurement takes, which says nothing about
// the probe.
func (out *reporter) endUnmeasured(reason string) {
	out.say(wholeObject, ourPrefix+reason)
	os.Exit(unmeasurableStatus)
}

// setText fills a field of a fixed size that ends with a NUL.
func setText(field []byte, text string) {
	copy(field[:len(field)-1], text)
}
