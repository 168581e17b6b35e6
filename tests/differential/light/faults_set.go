package main

import (
	"slices"

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
		{"set_twice_named", func(d *draft) {
			index := d.random.Intn(set(d).Size())
			set(d).Validators = append(set(d).Validators, set(d).Validators[index].Copy())
			d.block.Commit.Signatures = append(d.block.Commit.Signatures, d.block.Commit.Signatures[index])
			d.nameSet()
		}},
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

// lastNamed changes the last validator, and has the headers name it.
func (d *draft) lastNamed(change func(*types.Validator)) {
	validators := d.block.ValidatorSet.Validators
	change(validators[len(validators)-1])
	d.nameSet()
}
