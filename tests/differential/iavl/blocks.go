package main

import (
	"bufio"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/cosmos/iavl"
	"github.com/cosmos/iavl/db"
)

// blocks builds a tree of -keys keys, then runs one block of -updates random updates for each line
// that it reads, and prints "nanoseconds root". Building is block 0. The same keys and values are
// made by benchmarks/state_blocks.py.
func blocks(arguments []string) error {
	flags := flag.NewFlagSet("blocks", flag.ContinueOnError)
	keys := flags.Uint64("keys", 200_000, "keys of the tree")
	updates := flags.Uint64("updates", 10_000, "updates of a block")
	cache := flags.Int("cache", 781_250, "nodes in the cache; the default of the Cosmos SDK")
	folder := flags.String("dir", "", "where the database goes")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	store, err := db.NewGoLevelDB("tree", *folder)
	if err != nil {
		return err
	}
	defer store.Close()
	tree := iavl.NewMutableTree(store, *cache, false, iavl.NewNopLogger())
	order := make([]uint64, *keys)
	for index := range order {
		order[index] = uint64(index)
	}
	if err := block(tree, order, 0); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for number := uint64(1); lines.Scan(); number++ {
		if err := block(tree, chosen(number, *updates, *keys), number); err != nil {
			return err
		}
	}
	return lines.Err()
}

func block(tree *iavl.MutableTree, indices []uint64, number uint64) error {
	changes := make(map[string][]byte, len(indices))
	for _, index := range indices {
		changes[string(key(index))] = value(index, number)
	}
	start := time.Now()
	root, _, err := save(tree, changes)
	if err == nil {
		fmt.Printf("%d %x\n", time.Since(start).Nanoseconds(), root)
	}
	return err
}

func key(index uint64) []byte {
	hash := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("key"), index))
	return hash[:28]
}

func value(index, block uint64) []byte {
	data := binary.BigEndian.AppendUint64([]byte("value"), index)
	hash := sha512.Sum512(binary.BigEndian.AppendUint64(data, block))
	return hash[:]
}

// chosen is the indices of the keys that a block updates, each once.
func chosen(block, count, keys uint64) []uint64 {
	indices := make([]uint64, 0, count)
	taken := make(map[uint64]bool, count)
	for try := uint64(0); uint64(len(indices)) < count; try++ {
		data := binary.BigEndian.AppendUint64([]byte("block"), block)
		hash := sha256.Sum256(binary.BigEndian.AppendUint64(data, try))
		index := binary.BigEndian.Uint64(hash[:8]) % keys
		if !taken[index] {
			taken[index] = true
			indices = append(indices, index)
		}
	}
	return indices
}
