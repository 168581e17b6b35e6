package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strings"
)

// Cases of one chain, and its length: making one takes longer than a case.
const (
	casesOfChain = 8
	heights      = 8
)

// line is a case, as it is printed.
type line struct {
	Faults      []string `json:"faults"`
	Trusted     string   `json:"trusted"`
	TrustedNext string   `json:"trusted_next"`
	Block       string   `json:"block"`
	Level       [2]int64 `json:"level"`
	PeriodNs    int64    `json:"period_ns"`
	DriftNs     int64    `json:"drift_ns"`
	NowNs       [2]int64 `json:"now"`
	Adjacent    bool     `json:"adjacent"`
	Client      verdict  `json:"client"`
	Enclave     verdict  `json:"enclave"`
}

// cases prints -count cases made from -seed: every fault in its turn, and one case in ten
// with a second one; or those faults alone that are named.
func cases(arguments []string) error {
	flags := flag.NewFlagSet("cases", flag.ContinueOnError)
	seed := flags.Int64("seed", 1, "of everything random")
	count := flags.Int("count", 1_000, "cases")
	only := flags.String("fault", "", "names of faults, by commas; all but the strange ones where it is empty")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	random := rand.New(rand.NewSource(*seed))
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	all := chosen(*only)
	if len(all) == 0 {
		return fmt.Errorf("no such fault: %s", *only)
	}
	var c *chain
	for number := range *count {
		if number%casesOfChain == 0 {
			c = newChain(random, heights)
		}
		picked := []fault{all[number%len(all)]}
		if *only == "" && random.Intn(10) == 0 {
			picked = append(picked, all[random.Intn(len(all))])
		}
		if err := encoder.Encode(made(random, c, picked)); err != nil {
			return err
		}
	}
	return nil
}

func chosen(only string) []fault {
	if only == "" {
		return faults()
	}
	var found []fault
	for _, each := range append(faults(), strange()...) {
		for _, name := range strings.Split(only, ",") {
			if each.name == name {
				found = append(found, each)
			}
		}
	}
	return found
}

func made(random *rand.Rand, c *chain, picked []fault) line {
	d := newDraft(random, c)
	var names []string
	for _, each := range picked {
		if attempt(func() { each.apply(d) }) {
			names = append(names, each.name)
		}
	}
	next, err := d.next.ToProto()
	if err != nil {
		panic(err)
	}
	nextBytes, err := next.Marshal()
	if err != nil {
		panic(err)
	}
	q := question{
		trusted: toBytes(d.trusted, nil), next: nextBytes, block: d.blockBytes(),
		level: d.level, period: d.period, drift: d.drift, now: d.now,
	}
	client, enclave := answer(q)
	return line{
		Faults:  names,
		Trusted: hex.EncodeToString(q.trusted), TrustedNext: hex.EncodeToString(q.next),
		Block:    hex.EncodeToString(q.block),
		Level:    [2]int64{int64(q.level.Numerator), int64(q.level.Denominator)},
		PeriodNs: int64(q.period), DriftNs: int64(q.drift),
		NowNs:    [2]int64{q.now.Unix(), int64(q.now.Nanosecond())},
		Adjacent: d.block.Height == d.trusted.Height+1,
		Client:   client, Enclave: enclave,
	}
}

// attempt does it, where it can be done: the second of two faults may find nothing left to change.
func attempt(change func()) (done bool) {
	defer func() { done = recover() == nil }()
	change()
	return true
}
