package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A trigger is that of the plan, run by the agent's binary; ../../common/trigger.c is the same in C.
type trigger struct {
	process *os.Process
	// Closed once it has ended.
	ended chan struct{}
	// Set by then: whether the guest could run it at all, and one line about it, mostly empty.
	ran   bool
	words string
}

func startTrigger(p *plan) *trigger {
	t := &trigger{ended: make(chan struct{})}
	if !p.hasTrigger {
		t.ran = true
		close(t.ended)
		return t
	}
	output, input, err := os.Pipe()
	if err != nil {
		return t.notRun(err)
	}
	command := exec.Command("/init", "trigger", p.path)
	command.Stdout = input
	command.Stderr = os.Stderr
	// A process group of its own, to be killed as a whole.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = command.Start()
	input.Close()
	if err != nil {
		output.Close()
		return t.notRun(err)
	}
	t.process = command.Process
	go t.wait(command, output)
	return t
}

func (t *trigger) notRun(err error) *trigger {
	t.words = fmt.Sprintf("the trigger cannot be started: %v", err)
	close(t.ended)
	return t
}

func (t *trigger) wait(command *exec.Cmd, output *os.File) {
	err := command.Wait()
	t.ran = err == nil
	t.words = firstLine(output)
	if !t.ran && t.words == "" {
		t.words = fmt.Sprintf("the trigger ended with %v", err)
	}
	close(t.ended)
}

// firstLine reads what is there by now: something that the trigger left running may keep the pipe open.
func firstLine(output *os.File) string {
	defer output.Close()
	if output.SetReadDeadline(time.Now().Add(100*time.Millisecond)) != nil {
		return ""
	}
	words := make([]byte, 512)
	count, _ := output.Read(words)
	line, _, _ := strings.Cut(string(words[:count]), "\n")
	return line
}

func (t *trigger) hasEnded() bool {
	select {
	case <-t.ended:
		return true
	default:
		return false
	}
}

// stop kills it and whatever it was about to do.
func (t *trigger) stop() {
	if t.hasEnded() {
		return
	}
	// It may have ended just now.
	_ = syscall.Kill(-t.process.Pid, syscall.SIGKILL)
	<-t.ended
	t.ran, t.words = true, ""
}

// runTriggerForEvent runs the plan's trigger, and once more where the event did not come. It returns what the last wait
// returned, the trigger that was run last, and how long it took from the first trigger until the event had come or was given
// up; neither trigger runs any more.
func runTriggerForEvent(p *plan, source *eventSource) (syscall.Errno, *trigger, time.Duration) {
	start := time.Now()
	t := startTrigger(p)
	number := source.await(t, secondTriggerAfter*time.Millisecond)
	took := time.Since(start)
	t.stop()
	if number != 0 && t.ran {
		t = startTrigger(p)
		number = source.await(t, (eventLimit-secondTriggerAfter)*time.Millisecond)
		took = time.Since(start)
		t.stop()
	}
	return number, t, took
}
