package main

import (
	"bytes"
	"io"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/perf"
	"github.com/cilium/ebpf/ringbuf"
)

// perfBufferPages is the size of each processor's buffer.
const perfBufferPages = 16

// A readerStream passes on what one of the library's readers has read; those always block.
type readerStream struct {
	reader  io.Closer
	records chan []byte
	ended   chan error
	// Closed when records are no longer wanted.
	closing chan struct{}
}

// streamOf calls read again and again; nil stands for a record that is not an event.
func streamOf(reader io.Closer, read func() ([]byte, error)) *readerStream {
	s := &readerStream{reader, make(chan []byte, 64), make(chan error, 1), make(chan struct{})}
	go func() {
		for {
			record, err := read()
			if err != nil {
				s.ended <- err
				return
			}
			if record == nil {
				continue
			}
			select {
			case s.records <- record:
			case <-s.closing:
				s.ended <- os.ErrClosed
				return
			}
		}
	}()
	return s
}

func (s *readerStream) settle() {}

// close returns once reading has stopped.
func (s *readerStream) close() {
	close(s.closing)
	_ = s.reader.Close()
	<-s.ended
}

func (s *readerStream) poll(limit time.Duration, take func([]byte)) error {
	select {
	case record := <-s.records:
		take(record)
	case err := <-s.ended:
		s.ended <- err
		return err
	case <-time.After(limit):
	}
	for {
		select {
		case record := <-s.records:
			take(record)
		default:
			return nil
		}
	}
}

func watchPerfBuffer(name string, m *ebpf.Map) (eventStream, error) {
	reader, err := perf.NewReader(m, perfBufferPages*os.Getpagesize())
	if err != nil {
		return nil, cannotTell(findingEventsUnopenable, name, err.Error())
	}
	return streamOf(reader, func() ([]byte, error) {
		record, err := reader.Read()
		// A record about lost samples has no event.
		return record.RawSample, err
	}), nil
}

func watchRingBuffer(name string, m *ebpf.Map) (eventStream, error) {
	reader, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, cannotTell(findingEventsUnopenable, name, err.Error())
	}
	return streamOf(reader, func() ([]byte, error) {
		record, err := reader.Read()
		return record.RawSample, err
	}), nil
}

// An iteratorStream runs the iterator by reading it; each line that it writes is an event.
type iteratorStream struct {
	iterator *link.Iter
}

func (s *iteratorStream) settle() {}
func (s *iteratorStream) close()  {}

func (s *iteratorStream) poll(limit time.Duration, take func([]byte)) error {
	output, err := s.iterator.Open()
	if err != nil {
		return err
	}
	defer output.Close()
	const most = 256 << 10
	text, err := io.ReadAll(io.LimitReader(output, most))
	if err != nil {
		return err
	}
	for _, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		if len(text) > 0 {
			take(line)
		}
	}
	time.Sleep(limit)
	return nil
}
