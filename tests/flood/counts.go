package main

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// Counter is what the lanes of one name did.
type Counter struct {
	mutex   sync.Mutex
	Sent    int64            `json:"sent"`    // transactions or questions
	Bytes   int64            `json:"bytes"`   // of them
	Answers map[string]int64 `json:"answers"` // by code, or by the first words of a failure
}

// Counts are those of all names.
type Counts struct {
	mutex  sync.Mutex
	byName map[string]*Counter
}

func newCounts() *Counts { return &Counts{byName: make(map[string]*Counter)} }

func (c *Counts) of(name string) *Counter {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.byName[name] == nil {
		c.byName[name] = &Counter{Answers: make(map[string]int64)}
	}
	return c.byName[name]
}

func (c *Counts) write(to io.Writer) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, counter := range c.byName {
		counter.mutex.Lock()
		defer counter.mutex.Unlock()
	}
	return json.NewEncoder(to).Encode(c.byName)
}

func (c *Counter) sent(size int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.Sent++
	c.Bytes += int64(size)
}

func (c *Counter) answered(what string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.Answers[what]++
}

// failed counts a failure of a connection, and waits a moment: a node that is away is not spun on.
func (c *Counter) failed(what string) {
	c.answered(what)
	time.Sleep(pause)
}

const pause = 50 * time.Millisecond
