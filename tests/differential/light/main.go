// The oracle of the light client: CometBFT's own `types` and `light`, asked from Python.
//
//	light-oracle cases -seed N -count N   random chains and faults: a JSON line each, with Go's verdict
//	light-oracle hashes                   a JSON line on stdin: hashes and sign bytes of a light block
//	light-oracle speed                    a chain of light blocks, then a timing for each word on stdin
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{"cases": cases, "hashes": hashes, "speed": speed}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: light-oracle cases|hashes|speed ..")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "light-oracle:", err)
		os.Exit(1)
	}
}
