package main

// #include <stdint.h>
import "C"

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// stages is an object whose programs have all loaded alone, with their reports.
type stages struct {
	out     *reporter
	object  *object
	plan    *plan
	reports []programReport
	// The findings about the whole object.
	findings []finding
}

// runStages attaches an object that is loaded as a whole and triggers its event; it reports attached programs again.
func runStages(out *reporter, o *object, p *plan, reports []programReport, loaded *collection) {
	isolateNetwork()
	s := &stages{out: out, object: o, plan: p, reports: reports}
	s.attachAndFire(loaded)
	for index, name := range o.programs {
		if s.excludes(name) {
			continue
		}
		out.find(uint32(index), s.findings...)
		out.program(s.reports[index])
	}
}

// excludes says whether a program is loaded but not attached.
func (s *stages) excludes(name string) bool {
	return s.plan.excludes(name, strings.HasPrefix(s.object.spec.Programs[name].SectionName, "?"))
}

// mapNames are the maps for which bpf2go has fields; the library's own, such as .rodata, are loaded with the programs.
func (o *object) mapNames() []string {
	var names []string
	for name := range o.spec.Maps {
		if !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// setAll sets the stage of every program that takes part.
func (s *stages) setAll(stage C.uint32_t, number C.int32_t) {
	for index, name := range s.object.programs {
		if !s.excludes(name) {
			s.reports[index].stage, s.reports[index].error = stage, number
		}
	}
}

func (s *stages) attachAndFire(loaded *collection) {
	a := &attacher{object: s.object, loaded: loaded}
	defer a.detach()
	if !s.attachAll(a) {
		return
	}
	if !s.plan.awaits {
		s.runTriggerAlone()
		return
	}
	source, err := openEvents(s.object, s.plan, loaded, a.iterators)
	var gap unmeasurable
	// For root, the guest lacks something.
	if s.plan.hasUser && errors.As(err, &gap) && findingCode(gap.reason.code) == findingEventsUnopenable {
		s.findings = append(s.findings, gap.reason)
		s.setAll(stageFire, -C.int32_t(unix.EACCES))
		return
	}
	s.endIfUnmeasurable(err)
	defer source.stream.close()
	s.fire(source, loaded)
}

// attachAll attaches all programs, even if one fails, and returns whether all succeeded.
func (s *stages) attachAll(a *attacher) bool {
	s.setAll(stageAttach, 0)
	all := true
	for index, name := range s.object.programs {
		if s.excludes(name) {
			continue
		}
		start := time.Now()
		err := a.attach(name, s.plan.target(name))
		s.reports[index].attach_microseconds = microsecondsSince(start)
		s.endIfUnmeasurable(err)
		s.out.find(uint32(index), a.takeFindings()...)
		if err != nil {
			s.out.say(uint32(index), err.Error())
			number := errorNumber(err)
			spec := s.object.spec.Programs[name]
			s.out.find(uint32(index), askAboutAttachment(spec, s.plan.target(name), number)...)
			s.reports[index].error = number
			all = false
		}
	}
	return all
}

func (s *stages) endIfUnmeasurable(err error) {
	var gap unmeasurable
	if errors.As(err, &gap) {
		s.out.endUnmeasured(gap.reason)
	}
}

// runTriggerAlone is for a plan without an event, which ends once the programs are attached: it shows how the kernel
// reacts to the trigger.
func (s *stages) runTriggerAlone() {
	runTriggerAlone()
	s.findings = append(s.findings, s.takeTriggerFindings()...)
}

func (s *stages) fire(source *eventSource, loaded *collection) {
	source.stream.settle()
	number := runTriggerForEvent(source)
	if number != 0 {
		findings := s.takeTriggerFindings()
		s.findings = append(append(s.findings, source.absence()), findings...)
		if countsRuns() {
			s.findHowOftenTheyRan(loaded)
		}
	}
	s.setAll(stageFire, -C.int32_t(number))
	for index := range s.reports {
		s.reports[index].fire_microseconds = fireMicroseconds()
	}
	s.out.log(wholeObject, sourceEvent, source.fitting)
}

// takeTriggerFindings ends the cell if the guest was not able to run the trigger.
func (s *stages) takeTriggerFindings() []finding {
	ran, findings := lastTrigger()
	if !ran && len(findings) > 0 {
		s.out.endUnmeasured(findings[0])
	}
	return findings
}

// findHowOftenTheyRan distinguishes a program that never ran from one that ran but sent nothing.
func (s *stages) findHowOftenTheyRan(loaded *collection) {
	// Runs are counted when they end, and one may still be in progress.
	time.Sleep(time.Millisecond)
	for _, name := range s.object.programs {
		info := askForInfo(loaded.programs[name].FD())
		s.findings = append(s.findings, newFinding(findingRunCount, name, fmt.Sprint(info.run_cnt)))
	}
}
