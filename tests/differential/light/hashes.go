package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
)

// hashed is what Go computes of a light block, in hex. SignBytes holds those of every vote that is
// not absent, "" in place of one that is.
type hashed struct {
	Header     string   `json:"header"`
	Validators string   `json:"validators"`
	Commit     string   `json:"commit"`
	SignBytes  []string `json:"sign_bytes"`
}

// hashes reads a light block in hex from each line, and prints a JSON line for it.
func hashes([]string) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	encoder := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		written, err := hex.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		block, err := fromBytes(written)
		if err != nil {
			return err
		}
		said := hashed{
			Header:     hex.EncodeToString(block.Header.Hash()),
			Validators: hex.EncodeToString(block.ValidatorSet.Hash()),
			Commit:     hex.EncodeToString(block.Commit.Hash()),
			SignBytes:  make([]string, block.Commit.Size()),
		}
		for index, vote := range block.Commit.Signatures {
			if len(vote.Signature) > 0 {
				bytes := block.Commit.VoteSignBytes(block.ChainID, int32(index))
				said.SignBytes[index] = hex.EncodeToString(bytes)
			}
		}
		if err := encoder.Encode(said); err != nil {
			return err
		}
	}
	return lines.Err()
}
