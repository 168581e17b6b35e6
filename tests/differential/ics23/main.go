// The verifier of proofs: Go's own github.com/cosmos/ics23, asked from Python.
//
//	ics23-oracle < LINES
//
// In: a JSON object a line, {root, key, value, ops}: root is the app hash; value is what the key is
// said to have, or null where it is said to be absent; ops are the encoded proofs, from the key's
// tree up: first of iavlSpec, then of tendermintSpec, whose key is `store`. All bytes in hex. Out:
// "true", or "false" and why.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	ics23 "github.com/cosmos/ics23/go"
)

type claim struct {
	Root  hexBytes    `json:"root"`
	Store string      `json:"store"`
	Key   hexBytes    `json:"key"`
	Value *hexBytes   `json:"value"`
	Ops   [2]hexBytes `json:"ops"`
}

type hexBytes []byte

func (b *hexBytes) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	found, err := hex.DecodeString(text)
	*b = found
	return err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	for lines.Scan() {
		var each claim
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			fmt.Fprintln(os.Stderr, "ics23-oracle:", err)
			os.Exit(1)
		}
		if err := each.check(); err != nil {
			fmt.Fprintln(out, "false", err)
		} else {
			fmt.Fprintln(out, "true")
		}
		out.Flush()
	}
}

// check verifies both levels. The root between them is what the lower proof computes.
func (c claim) check() error {
	var lower, upper ics23.CommitmentProof
	if err := lower.Unmarshal(c.Ops[0]); err != nil {
		return err
	}
	if err := upper.Unmarshal(c.Ops[1]); err != nil {
		return err
	}
	between, err := lower.Calculate()
	if err != nil {
		return err
	}
	if !c.lower(between, &lower) {
		return errors.New("the key's tree")
	}
	if !ics23.VerifyMembership(ics23.TendermintSpec, []byte(c.Root), &upper, []byte(c.Store), between) {
		return errors.New("the store's root")
	}
	return nil
}

func (c claim) lower(root []byte, proof *ics23.CommitmentProof) bool {
	if c.Value == nil {
		return ics23.VerifyNonMembership(ics23.IavlSpec, root, proof, []byte(c.Key))
	}
	return ics23.VerifyMembership(ics23.IavlSpec, root, proof, []byte(c.Key), []byte(*c.Value))
}
