package main

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/secp256k1"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

// keyring has the private key of every validator, by address.
type keyring map[string]crypto.PrivKey

// chain is a run of light blocks whose validators change. Everything comes from `random`.
type chain struct {
	random *rand.Rand
	keys   keyring
	blocks []*types.LightBlock
	// nexts[i] is the set that blocks[i] names as its next.
	nexts []*types.ValidatorSet
	// newKey makes a key: one type for the whole chain, or both.
	newKey func() crypto.PrivKey
	// newPower gives a validator's power, when so many share the total.
	newPower func(size int) int64
}

// newChain makes a chain of so many blocks.
func newChain(random *rand.Rand, heights int) *chain {
	c := &chain{random: random, keys: keyring{}}
	c.newKey = c.keyMaker()
	c.newPower = c.powerMaker()
	set := c.newSet(1 + random.Intn(12))
	header := types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol, App: uint64(random.Intn(3))},
		ChainID: chainID(random),
		Height:  1 + random.Int63n(1<<(1+random.Intn(40))),
		Time:    time.Unix(random.Int63n(4_000_000_000)-100_000_000, random.Int63n(1e9)).UTC(),
	}
	for len(c.blocks) < heights {
		next := c.changed(set)
		c.blocks = append(c.blocks, c.block(header, set, next))
		c.nexts = append(c.nexts, next)
		last := c.blocks[len(c.blocks)-1]
		header.Height++
		header.Time = header.Time.Add(time.Duration(1 + random.Int63n(int64(100*time.Second))))
		header.LastBlockID = last.Commit.BlockID
		header.LastCommitHash = last.Commit.Hash()
		set = next
	}
	return c
}

// block fills a header in, and has it signed by more than 2/3 of the power.
func (c *chain) block(header types.Header, set, next *types.ValidatorSet) *types.LightBlock {
	header.ValidatorsHash = set.Hash()
	header.NextValidatorsHash = next.Hash()
	header.DataHash = c.hash()
	header.ConsensusHash = c.hash()
	header.LastResultsHash = c.hash()
	header.EvidenceHash = c.hash()
	header.AppHash = randomBytes(c.random, []int{32, 32, 32, 20, 8, 0}[c.random.Intn(6)])
	header.ProposerAddress = set.Validators[c.random.Intn(set.Size())].Address
	commit := &types.Commit{
		Height: header.Height,
		Round:  int32(c.random.Intn(3)),
		BlockID: types.BlockID{
			Hash: header.Hash(),
			PartSetHeader: types.PartSetHeader{
				Total: 1 + uint32(c.random.Intn(300)),
				Hash:  randomBytes(c.random, 32),
			},
		},
		Signatures: make([]types.CommitSig, set.Size()),
	}
	block := &types.LightBlock{
		SignedHeader: &types.SignedHeader{Header: &header, Commit: commit},
		ValidatorSet: set,
	}
	for index, validator := range set.Validators {
		commit.Signatures[index] = types.CommitSig{
			BlockIDFlag:      types.BlockIDFlagCommit,
			ValidatorAddress: validator.Address,
			Timestamp:        header.Time.Add(time.Duration(c.random.Int63n(int64(time.Minute)))),
		}
	}
	if c.random.Intn(2) == 0 {
		c.silence(block)
	}
	sign(c.keys, block, header.ChainID)
	return block
}

// silence turns votes into absent ones and votes for nil, while more than 2/3 stay.
func (c *chain) silence(block *types.LightBlock) {
	total := block.ValidatorSet.TotalVotingPower()
	left := total
	for _, index := range c.random.Perm(block.ValidatorSet.Size()) {
		power := block.ValidatorSet.Validators[index].VotingPower
		if c.random.Intn(3) == 0 || left-power <= total*2/3 {
			continue
		}
		left -= power
		if c.random.Intn(2) == 0 {
			block.Commit.Signatures[index] = types.NewCommitSigAbsent()
		} else {
			block.Commit.Signatures[index].BlockIDFlag = types.BlockIDFlagNil
		}
	}
}

// sign signs every vote that is not absent, with the key of its address where there is one.
func sign(keys keyring, block *types.LightBlock, chainID string) {
	for index := range block.Commit.Signatures {
		signVote(keys, block.Commit, chainID, index)
	}
}

func signVote(keys keyring, commit *types.Commit, chainID string, index int) {
	vote := &commit.Signatures[index]
	key, known := keys[string(vote.ValidatorAddress)]
	if vote.BlockIDFlag == types.BlockIDFlagAbsent || !known {
		return
	}
	signature, err := key.Sign(commit.VoteSignBytes(chainID, int32(index)))
	if err != nil {
		panic(err)
	}
	vote.Signature = signature
}

// newSet makes a set of validators of new keys.
func (c *chain) newSet(size int) *types.ValidatorSet {
	validators := make([]*types.Validator, size)
	for index := range validators {
		validators[index] = c.newValidator(size)
	}
	return types.NewValidatorSet(validators)
}

func (c *chain) newValidator(size int) *types.Validator {
	key := c.newKey()
	c.keys[string(key.PubKey().Address())] = key
	return types.NewValidator(key.PubKey(), c.newPower(size))
}

// changed is the next height's set: mostly the same, else some left, came or changed power.
func (c *chain) changed(set *types.ValidatorSet) *types.ValidatorSet {
	if c.random.Intn(3) != 0 {
		return set.CopyIncrementProposerPriority(1)
	}
	var kept []*types.Validator
	for _, validator := range set.Validators {
		copied := types.NewValidator(validator.PubKey, validator.VotingPower)
		switch c.random.Intn(6) {
		case 0:
			continue
		case 1:
			copied.VotingPower = c.newPower(maxSize)
		}
		kept = append(kept, copied)
	}
	for len(kept) == 0 || (c.random.Intn(3) == 0 && len(kept) < maxSize) {
		kept = append(kept, c.newValidator(maxSize))
	}
	return types.NewValidatorSet(kept)
}

// maxSize is the most validators that a random set grows to.
const maxSize = 16

func (c *chain) keyMaker() func() crypto.PrivKey {
	edwards := func() crypto.PrivKey { return ed25519.GenPrivKeyFromSecret(c.secret()) }
	koblitz := func() crypto.PrivKey { return secp256k1.GenPrivKeySecp256k1(c.secret()) }
	either := func() crypto.PrivKey {
		if c.random.Intn(2) == 0 {
			return edwards()
		}
		return koblitz()
	}
	// Verifying secp256k1 takes Python some time: one chain in three has any.
	return []func() crypto.PrivKey{edwards, edwards, edwards, edwards, koblitz, either}[c.random.Intn(6)]
}

func (c *chain) powerMaker() func(int) int64 {
	one := func(int) int64 { return 1 }
	small := func(int) int64 { return 1 + c.random.Int63n(10) }
	uneven := func(int) int64 { return 1 + c.random.Int63n(1<<c.random.Intn(20)) }
	// Their sum stays below CometBFT's limit, by little.
	huge := func(size int) int64 {
		most := types.MaxTotalVotingPower / int64(max(size, maxSize))
		return most - c.random.Int63n(1_000)
	}
	return []func(int) int64{one, small, uneven, huge}[c.random.Intn(4)]
}

func (c *chain) secret() []byte { return binary.BigEndian.AppendUint64(nil, c.random.Uint64()) }

// hash is a hash of a header's field, which may be empty.
func (c *chain) hash() []byte {
	if c.random.Intn(10) == 0 {
		return nil
	}
	return randomBytes(c.random, 32)
}

func chainID(random *rand.Rand) string {
	return fmt.Sprintf([]string{"test-%d", "κρυπτός-%d", "%d", "a chain %d"}[random.Intn(4)], random.Intn(1e6))
}

func randomBytes(random *rand.Rand, length int) []byte {
	made := make([]byte, length)
	random.Read(made)
	return made
}
