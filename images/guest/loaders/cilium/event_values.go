package main

import (
	"bytes"
	"errors"
	"time"

	"github.com/cilium/ebpf"
)

// How much of a map is examined, in entries and bytes.
const (
	maxEntries  = 4096
	maxMapBytes = 4 << 20
)

// A valueStream is a map that is not made for events: an event is a value that differs from before the trigger, or a
// new key.
type valueStream struct {
	m      *ebpf.Map
	before map[string][]byte
}

func (s *valueStream) settle() {
	s.before = make(map[string][]byte)
	s.eachEntry(func(key, value []byte) { s.before[string(key)] = value })
}

func (s *valueStream) close() {}

// poll makes each reported value the previous state, so that it is reported only once.
func (s *valueStream) poll(limit time.Duration, take func([]byte)) error {
	s.eachEntry(func(key, value []byte) {
		old, known := s.before[string(key)]
		if known && bytes.Equal(old, value) {
			return
		}
		s.before[string(key)] = value
		event := value
		// The key of an array is only a position.
		if s.m.Type() != ebpf.Array && s.m.Type() != ebpf.PerCPUArray {
			event = append(append([]byte{}, key...), value...)
		}
		take(event)
	})
	time.Sleep(limit)
	return nil
}

// eachEntry skips entries that have just disappeared or cannot be read: they never count as a change.
func (s *valueStream) eachEntry(visit func(key, value []byte)) {
	var previous interface{}
	for count, size := 0, 0; count < maxEntries && size < maxMapBytes; count++ {
		key, err := s.m.NextKeyBytes(previous)
		if err != nil || key == nil {
			return
		}
		previous = key
		value, err := s.m.LookupBytes(key)
		if err == nil && value != nil {
			visit(key, value)
			size += len(key) + len(value)
		}
	}
}

// A queueStream has no keys; its values are removed as they are read.
type queueStream struct {
	m *ebpf.Map
}

func (s *queueStream) settle() {}
func (s *queueStream) close()  {}

func (s *queueStream) poll(limit time.Duration, take func([]byte)) error {
	for {
		value := make([]byte, s.m.ValueSize())
		err := s.m.LookupAndDelete(nil, value)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			time.Sleep(limit)
			return nil
		}
		if err != nil {
			return err
		}
		take(value)
	}
}
