// A service whose workers contend for a few distributed locks. It prints every lock event to standard
// output, among its ordinary log lines; storage-lock-otel-bridge makes traces and metrics of them:
//
//	go run . | storage-lock-otel-bridge
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"sync"
	"sync/atomic"
	"time"

	stdout_listener "github.com/storage-lock/go-event-listener-stdout"
	events "github.com/storage-lock/go-events"
	storage_lock "github.com/storage-lock/go-storage-lock"
)

type settings struct {
	workers int
	locks   int
	cycles  int
	hold    time.Duration
	pause   time.Duration
	retry   time.Duration
	latency time.Duration
	timeout time.Duration
	hogging time.Duration
	report  string
}

func parseFlags() settings {
	var s settings
	flag.IntVar(&s.workers, "workers", 4, "workers that contend")
	flag.IntVar(&s.locks, "locks", 2, "locks they contend for")
	flag.IntVar(&s.cycles, "cycles", 5, "times that each worker locks and unlocks")
	flag.DurationVar(&s.hold, "hold", 10*time.Millisecond, "how long a lock is held")
	flag.DurationVar(&s.pause, "pause", 2*time.Millisecond, "how long a worker rests between two cycles")
	flag.DurationVar(&s.retry, "retry", 5*time.Millisecond, "how long a waiter sleeps between two attempts")
	flag.DurationVar(&s.latency, "latency", 200*time.Microsecond, "how long a storage operation takes")
	flag.DurationVar(&s.timeout, "timeout", 10*time.Second, "how long a worker waits for a lock at most")
	flag.DurationVar(&s.hogging, "hogging", 0, "if set: one more lock is held this long while another worker's wait for it times out")
	flag.StringVar(&s.report, "report", "", "file to write the program's own measurements to, as JSON")
	flag.Parse()
	return s
}

type service struct {
	settings
	storage  *MemoryStorage
	logger   *log.Logger
	report   *Report
	events   atomic.Int64
	logLines atomic.Int64
}

func main() {
	s := &service{settings: parseFlags()}
	s.storage = NewMemoryStorage(s.latency)
	s.logger = log.New(os.Stdout, "service: ", log.LstdFlags|log.Lmicroseconds)
	s.report = &Report{StorageName: s.storage.GetName()}

	s.say("%d workers, %d locks, %d cycles each", s.workers, s.locks, s.cycles)
	var running sync.WaitGroup
	for number := 1; number <= s.workers; number++ {
		running.Add(1)
		go func(number int) {
			defer running.Done()
			s.work(number)
		}(number)
	}
	running.Wait()
	if s.hogging > 0 {
		s.hog()
	}
	// The watch dogs publish their last events from goroutines of their own.
	time.Sleep(100 * time.Millisecond)
	s.say("done")

	s.report.StorageCalls = s.storage.Calls()
	s.report.Events = int(s.events.Load())
	s.report.LogLines = int(s.logLines.Load())
	if s.report.LocksCreated == 0 || s.settings.report == "" {
		return
	}
	if err := s.report.write(s.settings.report); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// work is one worker: it has lock objects of its own, as a process of its own would.
func (s *service) work(number int) {
	ownerId := fmt.Sprintf("worker-%02d", number)
	locks := make([]*storage_lock.StorageLock, s.locks)
	for i := range locks {
		locks[i] = s.newLock(fmt.Sprintf("order-%d", i+1))
	}
	for cycle := 0; cycle < s.cycles; cycle++ {
		which := (number + cycle) % len(locks)
		s.cycle(locks[which], fmt.Sprintf("order-%d", which+1), ownerId, s.timeout, func() { time.Sleep(s.hold) })
		time.Sleep(s.pause)
	}
}

// hog holds a lock for so long that another worker gives up.
func (s *service) hog() {
	const lockId = "report-7"
	s.cycle(s.newLock(lockId), lockId, "hog", s.timeout, func() {
		s.cycle(s.newLock(lockId), lockId, "patient", s.hogging/2, func() {})
		time.Sleep(s.hogging / 2)
	})
}

func (s *service) newLock(lockId string) *storage_lock.StorageLock {
	options := storage_lock.NewStorageLockOptionsWithLockId(lockId).
		SetVersionMissRetryInterval(s.retry).
		AddEventListeners(stdout_listener.NewEventListenerStdout()).
		AddEventListeners(events.NewListenerWrapper("count", func(context.Context, *events.Event) { s.events.Add(1) }))
	lock, err := storage_lock.NewStorageLockWithOptions(s.storage, options)
	if err != nil {
		log.Fatal(err)
	}
	s.report.mutex.Lock()
	s.report.LocksCreated++
	s.report.mutex.Unlock()
	return lock
}

// cycle locks, does the work, unlocks, and measures all three.
func (s *service) cycle(lock *storage_lock.StorageLock, lockId, ownerId string, timeout time.Duration, work func()) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	called := time.Now()
	err := lock.Lock(ctx, ownerId)
	returned := time.Now()
	cycle := Cycle{LockId: lockId, OwnerId: ownerId, LockCalled: called.UnixNano(), Wait: seconds(called, returned)}
	if err != nil {
		cycle.Outcome = "timeout"
		s.report.add(cycle)
		s.say("%s gave up on %s: %v", ownerId, lockId, err)
		return
	}
	s.say("%s works on %s", ownerId, lockId)
	work()
	releasing := time.Now()
	if err := lock.UnLock(context.Background(), ownerId); err != nil {
		log.Fatalf("%s could not unlock %s: %v", ownerId, lockId, err)
	}
	released := time.Now()
	cycle.Outcome, cycle.Held, cycle.Release = "acquired", seconds(returned, released), seconds(releasing, released)
	s.report.add(cycle)
}

func (s *service) say(format string, values ...any) {
	s.logLines.Add(1)
	s.logger.Printf(format, values...)
}
