package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/golang-infrastructure/go-iterator"
	storage "github.com/storage-lock/go-storage"
	storage_lock "github.com/storage-lock/go-storage-lock"
)

// MemoryStorage keeps lock records in a map, and counts what is asked of it. A service that runs in
// more than one process would use one of Storage Lock's database storages in its place.
type MemoryStorage struct {
	latency time.Duration

	mutex   sync.Mutex
	records map[string]*storage.LockInformation
	calls   map[string]int
}

var _ storage.Storage = &MemoryStorage{}

// NewMemoryStorage makes an empty storage whose every operation takes at least latency, as a network would.
func NewMemoryStorage(latency time.Duration) *MemoryStorage {
	return &MemoryStorage{
		latency: latency,
		records: map[string]*storage.LockInformation{},
		calls:   map[string]int{},
	}
}

// Calls tells how often each operation was asked for, under the names that the events give them.
func (s *MemoryStorage) Calls() map[string]int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	calls := make(map[string]int, len(s.calls))
	for name, count := range s.calls {
		calls[name] = count
	}
	return calls
}

// begin spends the latency, takes the mutex, counts the call; the caller unlocks.
func (s *MemoryStorage) begin(operation string) {
	if s.latency > 0 {
		time.Sleep(s.latency)
	}
	s.mutex.Lock()
	s.calls[operation]++
}

func (s *MemoryStorage) GetName() string { return "memory-storage" }

func (s *MemoryStorage) Init(context.Context) error { return nil }

func (s *MemoryStorage) Close(context.Context) error { return nil }

func (s *MemoryStorage) GetTime(context.Context) (time.Time, error) {
	s.begin("GetTime")
	defer s.mutex.Unlock()
	return time.Now(), nil
}

// Get gives a lock's record as JSON; a lock without a record is ErrLockNotFound.
func (s *MemoryStorage) Get(_ context.Context, lockId string) (string, error) {
	s.begin("Get")
	defer s.mutex.Unlock()
	record, found := s.records[lockId]
	if !found {
		return "", storage_lock.ErrLockNotFound
	}
	return record.ToJsonString(), nil
}

func (s *MemoryStorage) CreateWithVersion(_ context.Context, lockId string, _ storage.Version, record *storage.LockInformation) error {
	s.begin("CreateWithVersion")
	defer s.mutex.Unlock()
	if _, found := s.records[lockId]; found {
		return storage_lock.ErrVersionMiss
	}
	s.put(lockId, record)
	return nil
}

func (s *MemoryStorage) UpdateWithVersion(_ context.Context, lockId string, expected, _ storage.Version, record *storage.LockInformation) error {
	s.begin("UpdateWithVersion")
	defer s.mutex.Unlock()
	if err := s.expect(lockId, expected); err != nil {
		return err
	}
	s.put(lockId, record)
	return nil
}

func (s *MemoryStorage) DeleteWithVersion(_ context.Context, lockId string, expected storage.Version, _ *storage.LockInformation) error {
	s.begin("DeleteWithVersion")
	defer s.mutex.Unlock()
	if err := s.expect(lockId, expected); err != nil {
		return err
	}
	delete(s.records, lockId)
	return nil
}

func (s *MemoryStorage) List(context.Context) (iterator.Iterator[*storage.LockInformation], error) {
	return nil, errors.New("listing is not supported")
}

// expect is the compare of compare-and-set: whoever comes with an old version has lost the race.
func (s *MemoryStorage) expect(lockId string, version storage.Version) error {
	if record, found := s.records[lockId]; !found || record.Version != version {
		return storage_lock.ErrVersionMiss
	}
	return nil
}

// put keeps a copy: the lock goes on changing the record that it handed in.
func (s *MemoryStorage) put(lockId string, record *storage.LockInformation) {
	copied := *record
	s.records[lockId] = &copied
}
