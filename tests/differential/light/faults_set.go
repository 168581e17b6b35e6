package main

import (
	"slices"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/secp256k1"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// setFaults change the set of the block. Where a name ends in `_named`, headers and votes go with
// the change, so that nothing but the set itself is odd.
func setFaults() []fault {
	set := func(d *draft) *types.ValidatorSet { return d.block.ValidatorSet }
	one := func(d *draft) *types.Validator { return set(d).Validators[d.random.Intn(set(d).Size())] }
	return []fault{
		{"strangers", func(d *draft) { d.strangers(1 + d.random.Intn(6)) }},
		{"strangers_named", func(d *draft) { d.strangers(1 + d.random.Intn(6)); d.nameSet() }},
		{"set_power", func(d *draft) { one(d).VotingPower-- }},
		{"set_order", func(d *draft) { d.fewest(2); slices.Reverse(set(d).Validators) }},
		{"set_order_named", func(d *draft) {
			d.fewest(2)
			slices.Reverse(set(d).Validators)
			slices.Reverse(d.block.Commit.Signatures)
			d.nameSet()
		}},
		{"set_smaller", func(d *draft) {
			d.fewest(2)
			set(d).Validators = set(d).Validators[1:]
			set(d).Proposer = set(d).Validators[0]
		}},
		{"set_larger", func(d *draft) { set(d).Validators = append(set(d).Validators, d.chain.newValidator(maxSize)) }},
		{"set_twice", func(d *draft) { set(d).Validators = append(set(d).Validators, one(d).Copy()) }},
		{"set_empty", func(d *draft) {
			d.wire = append(d.wire, func(b *cmtproto.LightBlock) { b.ValidatorSet.Validators = nil })
		}},
		{"power_zero_named", func(d *draft) {
			idle := d.chain.newValidator(maxSize)
			idle.VotingPower = 0
			set(d).Validators = append(set(d).Validators, idle)
			d.block.Commit.Signatures = append(d.block.Commit.Signatures, types.NewCommitSigAbsent())
			d.nameSet()
		}},
		{"key_of_no_point_named", func(d *draft) { d.addKeyOfNoPoint() }},
		{"power_negative_named", func(d *draft) { d.lastNamed(func(v *types.Validator) { v.VotingPower = -1 }) }},
		{"power_too_large_named", func(d *draft) {
			d.lastNamed(func(v *types.Validator) { v.VotingPower = types.MaxTotalVotingPower + 1 })
		}},
		{"power_total_too_large_named", func(d *draft) {
			d.fewest(2)
			for _, validator := range set(d).Validators {
				validator.VotingPower = types.MaxTotalVotingPower - 1
			}
			d.nameSet()
		}},
		{"address_of_validator", func(d *draft) { one(d).Address = randomBytes(d.random, 20) }},
		{"address_of_validator_length", func(d *draft) { one(d).Address = randomBytes(d.random, 19) }},
		{"key_length", func(d *draft) {
			validator := one(d)
			short := validator.PubKey.Bytes()[1:]
			if validator.PubKey.Type() == ed25519.KeyType {
				validator.PubKey = ed25519.PubKey(short)
			} else {
				validator.PubKey = secp256k1.PubKey(short)
			}
		}},
	}
}

// addKeyOfNoPoint adds a validator of little power whose key is mostly no point of the curve, and a
// vote that none can have signed.
func (d *draft) addKeyOfNoPoint() {
	var key crypto.PubKey = ed25519.PubKey(randomBytes(d.random, ed25519.PubKeySize))
	if d.random.Intn(2) == 0 {
		key = secp256k1.PubKey(randomBytes(d.random, secp256k1.PubKeySize))
	}
	stranger := types.NewValidator(key, 1)
	set := d.block.ValidatorSet
	set.Validators = append([]*types.Validator{stranger}, set.Validators...)
	d.block.Commit.Signatures = append([]types.CommitSig{{
		BlockIDFlag:      types.BlockIDFlagCommit,
		ValidatorAddress: stranger.Address,
		Timestamp:        d.block.Time,
		Signature:        randomBytes(d.random, 64),
	}}, d.block.Commit.Signatures...)
	d.nameSet()
}

// strange are forms on which the two are known to differ; cases are made of them by name alone.
func strange() []fault {
	return []fault{
		{"set_twice_named", func(d *draft) {
			set := d.block.ValidatorSet
			index := d.random.Intn(set.Size())
			set.Validators = append(set.Validators, set.Validators[index].Copy())
			d.block.Commit.Signatures = append(d.block.Commit.Signatures, d.block.Commit.Signatures[index])
			d.nameSet()
		}},
		{"signature_of_65_bytes", func(d *draft) { d.last().Signature = randomBytes(d.random, 65) }},
		{"signatures_of_zip_215", func(d *draft) { d.zip215() }},
		{"bit_flipped", func(d *draft) {
			d.raw = append(d.raw, func(written []byte) []byte {
				written[d.random.Intn(len(written))] ^= 1 << d.random.Intn(8)
				return written
			})
		}},
		{"no_proposer", func(d *draft) {
			d.wire = append(d.wire, func(b *cmtproto.LightBlock) { b.ValidatorSet.Proposer = nil })
		}},
		{"proposer_of_another_set", func(d *draft) {
			d.block.ValidatorSet.Proposer = d.chain.newValidator(maxSize)
		}},
	}
}

// zip215 has the block signed by one validator, whose key and R are the neutral point, written with
// y = p + 1: ZIP-215 takes what RFC 8032 calls no encoding of a point.
func (d *draft) zip215() {
	neutral := make([]byte, 32)
	for index := range neutral {
		neutral[index] = 0xff
	}
	neutral[0], neutral[31] = 0xee, 0x7f
	signer := types.NewValidator(ed25519.PubKey(neutral), 1)
	d.block.ValidatorSet = types.NewValidatorSet([]*types.Validator{signer})
	d.block.Commit.Signatures = []types.CommitSig{{
		BlockIDFlag:      types.BlockIDFlagCommit,
		ValidatorAddress: signer.Address,
		Timestamp:        d.block.Time,
		Signature:        append(slices.Clone(neutral), make([]byte, 32)...),
	}}
	d.nameSet()
	d.trusted.NextValidatorsHash = d.block.ValidatorsHash
	d.sealFor(d.trusted, d.trusted.ChainID)
	d.next = d.block.ValidatorSet
}

// lastNamed changes the last validator, and has the headers name it.
func (d *draft) lastNamed(change func(*types.Validator)) {
	validators := d.block.ValidatorSet.Validators
	change(validators[len(validators)-1])
	d.nameSet()
}
