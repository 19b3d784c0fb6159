package main

import (
	"encoding/json"
	"os"
	"sync"
	"time"
)

// Cycle is one attempt to lock and, where that succeeded, to unlock again, by the caller's own clock.
type Cycle struct {
	LockId  string `json:"lock_id"`
	OwnerId string `json:"owner_id"`
	// Outcome is "acquired" or "timeout".
	Outcome string `json:"outcome"`
	// LockCalled is when Lock was called, in nanoseconds since 1970.
	LockCalled int64 `json:"lock_called"`
	// Wait is how long Lock took.
	Wait float64 `json:"wait_seconds"`
	// Held is from Lock's return to UnLock's return.
	Held float64 `json:"held_seconds"`
	// Release is how long UnLock took.
	Release float64 `json:"release_seconds"`
}

// Report is what the program measured of itself, to be compared with what its events tell.
type Report struct {
	StorageName  string         `json:"storage_name"`
	LocksCreated int            `json:"locks_created"`
	Cycles       []Cycle        `json:"cycles"`
	StorageCalls map[string]int `json:"storage_calls"`
	// Events is how many events the program's own listener was handed.
	Events int `json:"events"`
	// LogLines is how many ordinary lines stand among the events.
	LogLines int `json:"log_lines"`

	mutex sync.Mutex
}

func (r *Report) add(cycle Cycle) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Cycles = append(r.Cycles, cycle)
}

func (r *Report) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

func seconds(from, to time.Time) float64 { return to.Sub(from).Seconds() }
