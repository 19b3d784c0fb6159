// Reads events as JSON, one a line, with go-events' own decoder, and writes for each line one JSON object:
// {"event": the event as go-events encodes it again} or {"error": what the decoder said}.
// Tests of the TypeScript codec compare the two, field for field.
//
// With -strip-err every "err" is set to null before the decoder sees the line: go-events declares these
// fields as Go's error interface, which encoding/json can write but never read.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	events "github.com/storage-lock/go-events"
)

type answer struct {
	Event json.RawMessage `json:"event,omitempty"`
	Error string          `json:"error,omitempty"`
	// Costs are the actions' costs in nanoseconds as Go reckons them, and Root what IsRootEvent says.
	Costs []int64 `json:"costs,omitempty"`
	Root  bool    `json:"root,omitempty"`
}

func main() {
	strip := flag.Bool("strip-err", false, "set every err to null before decoding")
	flag.Parse()
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 16<<20)
	output := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for input.Scan() {
		if err := encoder.Encode(check(input.Bytes(), *strip)); err != nil {
			fail(err)
		}
	}
	if err := input.Err(); err != nil {
		fail(err)
	}
	if err := output.Flush(); err != nil {
		fail(err)
	}
}

func check(line []byte, strip bool) answer {
	if strip {
		stripped, err := withoutErrors(line)
		if err != nil {
			return answer{Error: err.Error()}
		}
		line = stripped
	}
	event, err := events.EventFromJsonStringE(string(line))
	if err != nil {
		return answer{Error: err.Error()}
	}
	text, err := event.ToJsonStringE()
	if err != nil {
		return answer{Error: err.Error()}
	}
	result := answer{Event: json.RawMessage(text), Root: event.IsRootEvent()}
	for _, action := range event.Actions {
		result.Costs = append(result.Costs, action.Cost().Nanoseconds())
	}
	return result
}

// withoutErrors nulls the event's err and each action's; numbers keep their digits.
func withoutErrors(line []byte) ([]byte, error) {
	var event map[string]any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&event); err != nil {
		return nil, err
	}
	event["err"] = nil
	if actions, ok := event["actions"].([]any); ok {
		for _, action := range actions {
			if fields, ok := action.(map[string]any); ok {
				fields["err"] = nil
			}
		}
	}
	return json.Marshal(event)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
