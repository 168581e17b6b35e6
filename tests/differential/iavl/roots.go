package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"

	"github.com/cosmos/iavl"
	"github.com/cosmos/iavl/db"
)

type operation struct {
	Op    string `json:"op"`
	Key   string `json:"key"`
	Value string `json:"value"`
	// Version is that of a proof.
	Version int64 `json:"version,string"`
}

// roots prints "file version root size height" for each save of each file, and "file version proof .."
// for each key that a file has proven: at a version that is saved, with GetVersionedProof.
func roots(arguments []string) error {
	flags := flag.NewFlagSet("roots", flag.ContinueOnError)
	initial := flags.Uint64("initial", 1, "version of the first save")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for number, path := range flags.Args() {
		if err := replay(out, number, path, *initial); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func replay(out *bufio.Writer, number int, path string, initial uint64) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	tree := iavl.NewMutableTree(
		db.NewMemDB(), 100_000, true, iavl.NewNopLogger(), iavl.InitialVersionOption(initial))
	changes := map[string][]byte{}
	lines := json.NewDecoder(bufio.NewReader(file))
	for lines.More() {
		var line operation
		if err := lines.Decode(&line); err != nil {
			return err
		}
		key, err := hex.DecodeString(line.Key)
		if err != nil {
			return err
		}
		switch line.Op {
		case "set":
			value, err := hex.DecodeString(line.Value)
			if err != nil {
				return err
			}
			changes[string(key)] = value
		case "remove":
			changes[string(key)] = nil
		case "save":
			root, version, err := save(tree, changes)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%d %d %x %d %d\n", number, version, root, tree.Size(), tree.Height())
			changes = map[string][]byte{}
		case "prove":
			proof, err := tree.GetVersionedProof(key, line.Version)
			if err != nil {
				return err
			}
			data, err := proof.Marshal()
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%d %d proof %x\n", number, line.Version, data)
		default:
			return fmt.Errorf("unknown operation %q", line.Op)
		}
	}
	return nil
}

// save applies the last change of each key in the order of keys, as the SDK's cachekv.Store.Write
// does, and saves a version.
func save(tree *iavl.MutableTree, changes map[string][]byte) ([]byte, int64, error) {
	keys := make([]string, 0, len(changes))
	for key := range changes {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		var err error
		if value := changes[key]; value == nil {
			_, _, err = tree.Remove([]byte(key))
		} else {
			_, err = tree.Set([]byte(key), value)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return tree.SaveVersion()
}
