package main

import (
	"fmt"
	"os"
	"strings"
)

// A plan says what is to happen past the load. docs/protocol.md has its format, ../../common/plan.c reads it in C.
type plan struct {
	path string
	// Of programs by name; one without is attached where its section says.
	targets    map[string]string
	hasTrigger bool
	awaits     bool
	// Empty for the object's only one.
	eventMap string
	contains string
}

// readPlan returns nil for no plan.
func readPlan(path string) (*plan, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the plan of the stages: %w", err)
	}
	p := &plan{path: path, targets: make(map[string]string)}
	for _, line := range strings.Split(string(text), "\n") {
		if line != "" && !p.takeLine(line) {
			return nil, fmt.Errorf("this guest does not know what '%.80s' means in a plan of the stages", line)
		}
	}
	return p, nil
}

// takeLine returns whether it knows the directive; the last field is the rest of the line.
func (p *plan) takeLine(line string) bool {
	name, rest, _ := strings.Cut(line, "\t")
	switch name {
	case "attach":
		if program, target, found := strings.Cut(rest, "\t"); found {
			p.targets[program] = target
		}
	case "trigger":
		// The agent knows what kinds there are: it reads the plan again.
		p.hasTrigger = true
	case "event":
		p.awaits, p.eventMap = true, rest
	case "contains":
		p.awaits, p.contains = true, rest
	default:
		return false
	}
	return true
}
