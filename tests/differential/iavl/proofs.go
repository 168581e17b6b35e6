package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"syscall"

	"github.com/cosmos/iavl"
	"github.com/cosmos/iavl/db"
	ics23 "github.com/cosmos/ics23/go"
)

// proofs builds a tree of -keys keys as blocks does, prints its root, and then answers each line
// "make" or "verify" with the nanoseconds of processor time that it took for -count keys that are
// there, and for as many that are not: "present absent". What is made is encoded; what is verified
// is decoded first.
func proofs(arguments []string) error {
	flags := flag.NewFlagSet("proofs", flag.ContinueOnError)
	keys := flags.Uint64("keys", 200_000, "keys of the tree")
	count := flags.Uint64("count", 1_000, "proofs of each kind")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	// Larger than the tree: no node is read from the database.
	tree := iavl.NewMutableTree(db.NewMemDB(), 3*int(*keys), true, iavl.NewNopLogger())
	changes := make(map[string][]byte, *keys)
	for index := uint64(0); index < *keys; index++ {
		changes[string(key(index))] = value(index, 0)
	}
	root, _, err := save(tree, changes)
	if err != nil {
		return err
	}
	fmt.Printf("%x\n", root)
	present := make([][]byte, *count)
	absent := make([][]byte, *count)
	for index := range present {
		present[index] = key(uint64(index) * (*keys / *count))
		absent[index] = append(append([]byte{}, present[index]...), 0)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var used [2]int64
		for side, asked := range [][][]byte{present, absent} {
			used[side], err = work(tree, root, asked, lines.Text() == "verify")
			if err != nil {
				return err
			}
		}
		fmt.Println(used[0], used[1])
	}
	return lines.Err()
}

func work(tree *iavl.MutableTree, root []byte, keys [][]byte, verify bool) (int64, error) {
	made := make([][]byte, len(keys))
	start := processor()
	for index, key := range keys {
		proof, err := tree.GetProof(key)
		if err != nil {
			return 0, err
		}
		if made[index], err = proof.Marshal(); err != nil {
			return 0, err
		}
	}
	if !verify {
		return processor() - start, nil
	}
	values := make([][]byte, len(keys))
	for index, key := range keys {
		var err error
		if values[index], err = tree.Get(key); err != nil {
			return 0, err
		}
	}
	start = processor()
	for index, key := range keys {
		var proof ics23.CommitmentProof
		if err := proof.Unmarshal(made[index]); err != nil {
			return 0, err
		}
		valid := false
		if values[index] == nil {
			valid = ics23.VerifyNonMembership(ics23.IavlSpec, root, &proof, key)
		} else {
			valid = ics23.VerifyMembership(ics23.IavlSpec, root, &proof, key, values[index])
		}
		if !valid {
			return 0, errors.New("a proof that is not valid")
		}
	}
	return processor() - start, nil
}

// processor is the time that this process has used, in nanoseconds.
func processor() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
