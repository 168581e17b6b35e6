package main

import (
	"bufio"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/types"
)

// speed prints -headers light blocks of one set of -validators, in hex, a line each, oldest first,
// then reads words and prints the nanoseconds each took:
//
//	sequential         every header from the one before, by light.VerifyAdjacent
//	skipping           every header but the second from the first, by light.VerifyNonAdjacent at 2/3
//	sequential-bytes   as above, with reading the light block and its ValidateBasic, which a client
//	skipping-bytes     does as well
func speed(arguments []string) error {
	flags := flag.NewFlagSet("speed", flag.ContinueOnError)
	validators := flags.Int("validators", 150, "of the set; all Ed25519, and all sign")
	headers := flags.Int("headers", 12, "of the chain")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	blocks, written := speedChain(*validators, *headers)
	for _, each := range written {
		fmt.Println(hex.EncodeToString(each))
	}
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		started := time.Now()
		if err := speedRun(words.Text(), blocks, written); err != nil {
			return err
		}
		fmt.Println(time.Since(started).Nanoseconds())
	}
	return words.Err()
}

func speedChain(validators, headers int) (blocks []*types.LightBlock, written [][]byte) {
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
		written = append(written, toBytes(block, nil))
		header.LastBlockID = block.Commit.BlockID
		header.LastCommitHash = block.Commit.Hash()
	}
	return blocks, written
}

func speedRun(word string, blocks []*types.LightBlock, written [][]byte) error {
	read := func(index int) (*types.LightBlock, error) { return blocks[index], nil }
	if word == "sequential-bytes" || word == "skipping-bytes" {
		read = func(index int) (*types.LightBlock, error) {
			block, err := fromBytes(written[index])
			if err != nil {
				return nil, err
			}
			return block, block.ValidateBasic(blocks[0].ChainID)
		}
	}
	first := 1
	if word == "skipping" || word == "skipping-bytes" {
		first = 2
	}
	now := blocks[len(blocks)-1].Time
	twoThirds := cmtmath.Fraction{Numerator: 2, Denominator: 3}
	for index := first; index < len(blocks); index++ {
		trusted := blocks[index-1]
		if first == 2 {
			trusted = blocks[0]
		}
		block, err := read(index)
		if err != nil {
			return err
		}
		if err := light.Verify(trusted.SignedHeader, trusted.ValidatorSet, block.SignedHeader,
			block.ValidatorSet, time.Hour, now, time.Second, twoThirds); err != nil {
			return err
		}
	}
	return nil
}
