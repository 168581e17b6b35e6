package main

import (
	"fmt"
	"math/rand"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// draft is a case before it is written down: faults change it.
type draft struct {
	random  *rand.Rand
	chain   *chain
	trusted *types.LightBlock
	// next is the set that is given as the one that `trusted` names as its next.
	next  *types.ValidatorSet
	block *types.LightBlock
	// wire changes what no value of `types` can hold.
	wire []func(*cmtproto.LightBlock)
	// raw changes the block's bytes.
	raw []func([]byte) []byte

	level  cmtmath.Fraction
	period time.Duration
	drift  time.Duration
	now    time.Time
}

// newDraft takes two blocks of a chain, neighbours in four cases of nine.
func newDraft(random *rand.Rand, c *chain) *draft {
	from := random.Intn(len(c.blocks) - 1)
	to := from + 1
	if random.Intn(9) >= 4 {
		to += random.Intn(len(c.blocks) - to)
	}
	block := copied(c.blocks[to])
	return &draft{
		random:  random,
		chain:   c,
		trusted: copied(c.blocks[from]),
		next:    c.nexts[from].Copy(),
		block:   block,
		level:   oneOf(random, [2]uint64{1, 3}, [2]uint64{1, 2}, [2]uint64{2, 3}),
		period:  14 * 24 * time.Hour,
		drift:   time.Duration(random.Int63n(int64(20 * time.Second))),
		now:     block.Time.Add(time.Duration(random.Int63n(int64(time.Hour)))),
	}
}

// copied shares no bytes with the original.
func copied(block *types.LightBlock) *types.LightBlock {
	made, err := fromBytes(toBytes(block, nil))
	if err != nil {
		panic(err)
	}
	return made
}

func toBytes(block *types.LightBlock, wire []func(*cmtproto.LightBlock)) []byte {
	message, err := block.ToProto()
	if err != nil {
		panic(err)
	}
	for _, change := range wire {
		attempt(func() { change(message) })
	}
	written, err := message.Marshal()
	if err != nil {
		panic(err)
	}
	return written
}

func fromBytes(written []byte) (*types.LightBlock, error) {
	var message cmtproto.LightBlock
	if err := message.Unmarshal(written); err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	return types.LightBlockFromProto(&message)
}

// seal has the commit name the header as it now is, and every vote signed again.
func (d *draft) seal() { d.sealFor(d.block, d.block.ChainID) }

// resign signs every vote of the commit as it now is.
func (d *draft) resign() { sign(d.chain.keys, d.block, d.block.ChainID) }

func (d *draft) sealFor(block *types.LightBlock, chainID string) {
	block.Commit.BlockID.Hash = block.Header.Hash()
	sign(d.chain.keys, block, chainID)
}

// nameSet has headers name the block's set as it now is: its own, and the trusted one as its next
// where they are neighbours.
func (d *draft) nameSet() {
	d.block.ValidatorsHash = d.block.ValidatorSet.Hash()
	d.seal()
	if d.block.Height == d.trusted.Height+1 {
		d.trusted.NextValidatorsHash = d.block.ValidatorsHash
		d.sealFor(d.trusted, d.trusted.ChainID)
		d.next = d.block.ValidatorSet
	}
}

// voted are the indices of votes for the block.
func (d *draft) voted() []int {
	var found []int
	for index, vote := range d.block.Commit.Signatures {
		if vote.BlockIDFlag == types.BlockIDFlagCommit {
			found = append(found, index)
		}
	}
	return found
}

// vote is one of the votes for the block.
func (d *draft) vote() *types.CommitSig {
	voted := d.voted()
	return &d.block.Commit.Signatures[voted[d.random.Intn(len(voted))]]
}

// blockBytes are the bytes of the block, with all that was done to them.
func (d *draft) blockBytes() []byte {
	written := toBytes(d.block, d.wire)
	for _, change := range d.raw {
		attempt(func() { written = change(written) })
	}
	return written
}

// flip changes one bit of a signature.
func (d *draft) flip(vote *types.CommitSig) {
	vote.Signature[d.random.Intn(len(vote.Signature))] ^= 1 << d.random.Intn(8)
}

func oneOf(random *rand.Rand, levels ...[2]uint64) cmtmath.Fraction {
	level := levels[random.Intn(len(levels))]
	return cmtmath.Fraction{Numerator: level[0], Denominator: level[1]}
}
