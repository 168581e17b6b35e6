// The oracle of the state tree: Go's own github.com/cosmos/iavl, asked from Python.
//
//	iavl-oracle roots [-initial N] FILE..   replays operation files; one line a saved version
//	iavl-oracle blocks -keys N -dir FOLDER  builds a tree on goleveldb, then times a block a line
//	iavl-oracle proofs -keys N              builds a tree, then times proofs, made or verified, a line
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{"roots": roots, "blocks": blocks, "proofs": proofs}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: iavl-oracle roots|blocks|proofs ..")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "iavl-oracle:", err)
		os.Exit(1)
	}
}
