// A stranger who floods a network: peers, RPC and gRPC clients, as many as a plan says.
//
// The first line on stdin is the plan, the second starts it. Each line from there on is answered with
// one line of JSON, the counts so far by lane; the end of stdin ends it.
// What costs much is made in here and not in Python: the machine is shared with the nodes.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Plan is what Python writes (benchmarks/flooding/plan.py).
type Plan struct {
	ChainID string    `json:"chain_id"`
	Sources []*Source `json:"sources"`
	Lanes   []Lane    `json:"lanes"`
}

// Lane is one connection.
type Lane struct {
	Name    string `json:"name"`    // its counts are summed with those of the same name
	Kind    string `json:"kind"`    // peer, rpc, fill, call or grpc
	Address string `json:"address"` // HOST:PORT
	Method  string `json:"method"`  // of RPC
	Sources []int  `json:"sources"` // its transactions, in turn
	Calls   []Call `json:"calls"`   // or its questions, in turn
	Bytes   int64  `json:"bytes"`   // fill: stops while so many wait there
	Count   int64  `json:"count"`   // fill: or so many transactions
}

// Call is one question.
type Call struct {
	Method string          `json:"method"` // of RPC, or the full path of gRPC
	Params json.RawMessage `json:"params"` // of RPC
	Data   []byte          `json:"data"`   // of gRPC, encoded
}

var kinds = map[string]func(context.Context, *Plan, Lane, *Counter){
	"peer": pushAsPeer,
	"rpc":  broadcast,
	"fill": fill,
	"call": askRPC,
	"grpc": askGRPC,
}

func main() {
	do := run
	if len(os.Args) == 2 && os.Args[1] == "show" {
		do = show
	} else if len(os.Args) != 1 {
		fmt.Fprintln(os.Stderr, "usage: flood [show]")
		os.Exit(2)
	}
	if err := do(bufio.NewReader(os.Stdin)); err != nil {
		fmt.Fprintln(os.Stderr, "flood:", err)
		os.Exit(1)
	}
}

// show writes a transaction of each source, in hex.
func show(lines *bufio.Reader) error {
	plan, err := read(lines)
	if err != nil {
		return err
	}
	for _, source := range plan.Sources {
		fmt.Println(hex.EncodeToString(source.next()))
	}
	return nil
}

func run(lines *bufio.Reader) error {
	plan, err := read(lines)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	counts := newCounts()
	for started := false; ; started = true {
		if _, err := lines.ReadBytes('\n'); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		for _, lane := range plan.Lanes {
			if !started {
				go kinds[lane.Kind](ctx, plan, lane, counts.of(lane.Name))
			}
		}
		if err := counts.write(os.Stdout); err != nil {
			return err
		}
	}
}

func read(lines *bufio.Reader) (*Plan, error) {
	data, err := lines.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	plan := new(Plan)
	if err := json.Unmarshal(data, plan); err != nil {
		return nil, err
	}
	for _, lane := range plan.Lanes {
		if kinds[lane.Kind] == nil {
			return nil, fmt.Errorf("no such kind of lane: %q", lane.Kind)
		}
	}
	for _, source := range plan.Sources {
		if err := source.prepare(plan.ChainID); err != nil {
			return nil, err
		}
	}
	return plan, nil
}
