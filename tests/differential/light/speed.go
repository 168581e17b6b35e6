package main

import (
	"bufio"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"syscall"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/types"
)

// speed prints -headers light blocks of one set of -validators, in hex, a line each, oldest first,
// then reads words and prints the nanoseconds of CPU that each took, collecting garbage included:
//
//	sequential   every header from the one before, by light.VerifyAdjacent
//	skipping     every header but the second from the first, by light.VerifyNonAdjacent at 2/3
func speed(arguments []string) error {
	flags := flag.NewFlagSet("speed", flag.ContinueOnError)
	validators := flags.Int("validators", 150, "of the set; all Ed25519, and all sign")
	headers := flags.Int("headers", 12, "of the chain")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	blocks := speedChain(*validators, *headers)
	for _, block := range blocks {
		fmt.Println(hex.EncodeToString(toBytes(block, nil)))
	}
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		started := used()
		if err := speedRun(words.Text(), blocks); err != nil {
			return err
		}
		fmt.Println(used() - started)
	}
	return words.Err()
}

// used is the nanoseconds of CPU of this process.
func used() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func speedChain(validators, headers int) (blocks []*types.LightBlock) {
	c := &chain{random: rand.New(rand.NewSource(1)), keys: keyring{}}
	c.newKey = func() crypto.PrivKey { return ed25519.GenPrivKeyFromSecret(c.secret()) }
	c.newPower = func(int) int64 { return 10 }
	set := c.newSet(validators)
	header := types.Header{ChainID: "speed", Time: time.Unix(1_700_000_000, 0).UTC()}
	header.Version.Block = 11
	for len(blocks) < headers {
		header.Height++
		header.Time = header.Time.Add(time.Second)
		block := c.block(header, set, set)
		for index, validator := range set.Validators {
			block.Commit.Signatures[index] = types.CommitSig{
				BlockIDFlag:      types.BlockIDFlagCommit,
				ValidatorAddress: validator.Address,
				Timestamp:        header.Time.Add(time.Duration(index+1) * time.Millisecond),
			}
		}
		sign(c.keys, block, header.ChainID)
		blocks = append(blocks, copied(block))
		header.LastBlockID = block.Commit.BlockID
		header.LastCommitHash = block.Commit.Hash()
	}
	return blocks
}

func speedRun(word string, blocks []*types.LightBlock) error {
	now := blocks[len(blocks)-1].Time
	twoThirds := cmtmath.Fraction{Numerator: 2, Denominator: 3}
	trusted := blocks[0]
	first := 1
	if word == "skipping" {
		first = 2
	}
	for _, block := range blocks[first:] {
		if err := light.Verify(trusted.SignedHeader, trusted.ValidatorSet, block.SignedHeader,
			block.ValidatorSet, time.Hour, now, time.Second, twoThirds); err != nil {
			return err
		}
		if word == "sequential" {
			trusted = block
		}
	}
	return nil
}
