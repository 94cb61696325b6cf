package main

// #include "trigger.h"
import "C"

import (
	"bytes"
	"strconv"
	"syscall"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// maxEventBytes is how much of an event is kept for the report.
const maxEventBytes = 4096

// An eventStream is a source of events. poll passes the available ones to take, and waits for some until the limit;
// what a map contains at settle is not an event. close frees what was opened for it.
type eventStream interface {
	settle()
	close()
	poll(limit time.Duration, take func([]byte)) error
}

// An eventSource checks each event of a stream against the plan.
type eventSource struct {
	stream eventStream
	// The map with the events; empty for the output of an iterator.
	mapName  string
	contains []byte
	seen     int
	fitting  []byte
	problem  error
}

// openEvents prepares for events of the loaded object; the error is unmeasurable if the plan does not match the object.
func openEvents(o *object, p *plan, loaded *collection, iterators []*link.Iter) (*eventSource, error) {
	source := &eventSource{contains: []byte(p.contains)}
	name, err := eventMap(o, p.eventMap)
	switch {
	case err == nil:
		source.mapName = name
		source.stream, err = watchMap(name, loaded.maps[name])
	case p.eventMap == "" && len(iterators) > 0:
		source.stream, err = &iteratorStream{iterators[0]}, nil
	}
	return source, err
}

// eventMap is the map that the plan names, or the object's only map for events.
func eventMap(o *object, name string) (string, error) {
	if name != "" {
		if o.spec.Maps[name] == nil {
			return "", cannotTell(findingEventMapMissing, name)
		}
		return name, nil
	}
	var streams []string
	for name, m := range o.spec.Maps {
		if m.Type == ebpf.PerfEventArray || m.Type == ebpf.RingBuf {
			streams = append(streams, name)
		}
	}
	if len(streams) != 1 {
		return "", cannotTell(findingEventMapAmbiguous)
	}
	return streams[0], nil
}

func watchMap(name string, m *ebpf.Map) (eventStream, error) {
	switch m.Type() {
	case ebpf.PerfEventArray:
		return watchPerfBuffer(name, m)
	case ebpf.RingBuf:
		return watchRingBuffer(name, m)
	case ebpf.Queue, ebpf.Stack:
		return &queueStream{m}, nil
	default:
		return &valueStream{m: m}, nil
	}
}

func (s *eventSource) take(event []byte) {
	s.seen++
	if s.fitting != nil || !bytes.Contains(event, s.contains) {
		return
	}
	if len(event) > maxEventBytes {
		event = event[:maxEventBytes]
	}
	s.fitting = append([]byte{}, event...)
}

// await waits for a matching event until the limit after the trigger's end. It returns 0 once one has arrived,
// ETIMEDOUT without an event, EBADMSG if only others arrived, or the error of reading.
func (s *eventSource) await(t trigger, limit time.Duration) syscall.Errno {
	var deadline time.Time
	for wait := firstEventWait; s.fitting == nil; wait = int(C.next_event_wait(C.int(wait))) {
		if err := s.stream.poll(time.Duration(wait)*time.Millisecond, s.take); err != nil {
			s.problem = err
			return syscall.Errno(-errorNumber(err))
		}
		if s.fitting != nil || !t.hasEnded() {
			continue
		}
		// The service limits the duration of the trigger.
		if deadline.IsZero() {
			deadline = time.Now().Add(limit)
		}
		if t.ran() && time.Now().Before(deadline) {
			continue
		}
		if s.seen == 0 {
			return syscall.ETIMEDOUT
		}
		return syscall.EBADMSG
	}
	return 0
}

// absence returns the reason why there is no event.
func (s *eventSource) absence() finding {
	switch {
	case s.problem != nil:
		return newFinding(findingEventsUnreadable, s.mapName, s.problem.Error())
	case s.seen == 0:
		return newFinding(findingNoEvent, s.mapName, strconv.Itoa(eventLimit/1000))
	default:
		return newFinding(findingNoFittingEvent, strconv.Itoa(s.seen), s.mapName, string(s.contains))
	}
}
