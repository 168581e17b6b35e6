package main

import (
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/cometbft/cometbft/types"
)

func commitFaults() []fault {
	silent := func(d *draft, index int) { d.block.Commit.Signatures[index] = types.NewCommitSigAbsent() }
	forNil := func(d *draft, index int) { d.block.Commit.Signatures[index].BlockIDFlag = types.BlockIDFlagNil }
	commit := func(d *draft) *types.Commit { return d.block.Commit }
	return []fault{
		{"commit_of_another_block", func(d *draft) {
			commit(d).BlockID.Hash = randomBytes(d.random, 32)
			d.resign()
		}},
		{"commit_of_no_block", func(d *draft) { commit(d).BlockID = types.BlockID{}; d.resign() }},
		{"parts_changed", func(d *draft) { commit(d).BlockID.PartSetHeader.Total++ }},
		{"no_parts", func(d *draft) { commit(d).BlockID.PartSetHeader = types.PartSetHeader{}; d.resign() }},
		{"parts_most", func(d *draft) { commit(d).BlockID.PartSetHeader.Total = math.MaxUint32; d.resign() }},
		{"round_changed", func(d *draft) { commit(d).Round++ }},
		{"round_negative", func(d *draft) { commit(d).Round = -1; d.resign() }},
		{"round_large", func(d *draft) { commit(d).Round = math.MaxInt32; d.resign() }},
		{"no_votes", func(d *draft) { commit(d).Signatures = nil }},
		{"vote_missing", func(d *draft) {
			index := d.random.Intn(commit(d).Size())
			commit(d).Signatures = slices.Delete(commit(d).Signatures, index, index+1)
		}},
		{"vote_added", func(d *draft) { commit(d).Signatures = append(commit(d).Signatures, *d.vote()) }},
		{"absent_vote_added", func(d *draft) {
			commit(d).Signatures = append(commit(d).Signatures, types.NewCommitSigAbsent())
		}},
		{"power_short_by_absence", func(d *draft) { d.leave(false, silent) }},
		{"power_short_by_nil", func(d *draft) { d.leave(false, forNil); d.resign() }},
		{"power_just_enough", func(d *draft) { d.leave(true, silent) }},
		{"all_absent", func(d *draft) { d.all(silent) }},
		{"all_nil", func(d *draft) { d.all(forNil); d.resign() }},
		{"votes_swapped", func(d *draft) {
			d.fewest(2)
			voted := d.voted()
			votes := commit(d).Signatures
			votes[voted[0]], votes[voted[1]] = votes[voted[1]], votes[voted[0]]
		}},
		{"votes_reversed", func(d *draft) { slices.Reverse(commit(d).Signatures) }},
		{"vote_twice", func(d *draft) {
			d.fewest(2)
			voted := d.voted()
			commit(d).Signatures[voted[1]] = commit(d).Signatures[voted[0]]
		}},
		{"vote_twice_at_the_end", func(d *draft) {
			d.fewest(2)
			voted := d.voted()
			commit(d).Signatures[voted[len(voted)-1]] = commit(d).Signatures[voted[0]]
		}},
		{"address_of_nobody", func(d *draft) { d.vote().ValidatorAddress = randomBytes(d.random, 20) }},
		{"address_of_nobody_at_the_end", func(d *draft) {
			d.last().ValidatorAddress = randomBytes(d.random, 20)
		}},
		{"flag_unknown", func(d *draft) {
			d.vote().BlockIDFlag = []types.BlockIDFlag{0, 4, 200}[d.random.Intn(3)]
		}},
		{"flag_nil_after_signing", func(d *draft) { d.vote().BlockIDFlag = types.BlockIDFlagNil }},
		{"flag_commit_after_signing", func(d *draft) {
			d.vote().BlockIDFlag = types.BlockIDFlagNil
			d.resign()
			d.all(func(d *draft, index int) {
				if commit(d).Signatures[index].BlockIDFlag == types.BlockIDFlagNil {
					commit(d).Signatures[index].BlockIDFlag = types.BlockIDFlagCommit
				}
			})
		}},
		{"absent_with_address", func(d *draft) {
			*d.vote() = types.CommitSig{BlockIDFlag: types.BlockIDFlagAbsent, ValidatorAddress: randomBytes(d.random, 20)}
		}},
		{"absent_with_time", func(d *draft) {
			at := []time.Time{d.block.Time, time.Unix(0, 0)}[d.random.Intn(2)]
			*d.vote() = types.CommitSig{BlockIDFlag: types.BlockIDFlagAbsent, Timestamp: at}
		}},
		{"absent_with_signature", func(d *draft) {
			*d.vote() = types.CommitSig{BlockIDFlag: types.BlockIDFlagAbsent, Signature: randomBytes(d.random, 64)}
		}},
	}
}

// leave takes votes away in random order: as many as leave more than 2/3, or one too many.
func (d *draft) leave(enough bool, take func(*draft, int)) {
	left := int64(0)
	for _, index := range d.voted() {
		left += d.block.ValidatorSet.Validators[index].VotingPower
	}
	needed := d.block.ValidatorSet.TotalVotingPower() * 2 / 3
	voted := d.voted()
	d.random.Shuffle(len(voted), func(a, b int) { voted[a], voted[b] = voted[b], voted[a] })
	for _, index := range voted {
		power := d.block.ValidatorSet.Validators[index].VotingPower
		if enough && left-power <= needed {
			continue
		}
		if left <= needed {
			return
		}
		take(d, index)
		left -= power
	}
}

func (d *draft) all(change func(*draft, int)) {
	for index := range d.block.Commit.Signatures {
		change(d, index)
	}
}

func (d *draft) last() *types.CommitSig {
	voted := d.voted()
	return &d.block.Commit.Signatures[voted[len(voted)-1]]
}

// fewest gives the block a set of its own where fewer than so many have voted.
func (d *draft) fewest(votes int) {
	if len(d.voted()) >= votes {
		return
	}
	d.strangers(votes + 1 + d.random.Intn(4))
	d.nameSet()
}

// strangers replaces the block's set by new validators, who have all signed it.
func (d *draft) strangers(size int) {
	*d.block = *d.chain.block(*d.block.Header, d.chain.newSet(size), d.next)
	for index, validator := range d.block.ValidatorSet.Validators {
		d.block.Commit.Signatures[index] = types.CommitSig{
			BlockIDFlag:      types.BlockIDFlagCommit,
			ValidatorAddress: validator.Address,
			Timestamp:        d.block.Time,
		}
	}
	d.resign()
}

func signatureFaults() []fault {
	some := func(share float64) func(*draft) {
		return func(d *draft) {
			for _, index := range d.voted() {
				if d.random.Float64() < share {
					d.flip(&d.block.Commit.Signatures[index])
				}
			}
		}
	}
	length := func(length int) func(*draft) {
		return func(d *draft) { d.vote().Signature = randomBytes(d.random, length) }
	}
	return []fault{
		{"signature_of_one", func(d *draft) { d.flip(d.vote()) }},
		{"signature_of_the_first", func(d *draft) { d.flip(&d.block.Commit.Signatures[d.voted()[0]]) }},
		{"signature_of_the_last", func(d *draft) { d.flip(d.last()) }},
		{"signatures_of_few", some(0.15)},
		{"signatures_of_some", some(0.4)},
		{"signatures_of_all", some(1)},
		{"signatures_exchanged", func(d *draft) {
			d.fewest(2)
			votes, voted := d.block.Commit.Signatures, d.voted()
			a, b := &votes[voted[0]], &votes[voted[len(voted)-1]]
			a.Signature, b.Signature = b.Signature, a.Signature
		}},
		{"signature_empty", length(0)},
		{"signature_of_63_bytes", length(63)},
		{"signature_too_long", length(types.MaxSignatureSize + 1)},
		{"signature_of_zeros", func(d *draft) { clear(d.vote().Signature) }},
		{"signature_malleable", func(d *draft) { d.malleate(d.vote()) }},
		{"signatures_malleable", func(d *draft) {
			for _, index := range d.voted() {
				d.malleate(&d.block.Commit.Signatures[index])
			}
		}},
		{"vote_time", func(d *draft) {
			vote := d.vote()
			vote.Timestamp = vote.Timestamp.Add(1)
		}},
		{"vote_time_before_1970", func(d *draft) {
			d.vote().Timestamp = time.Unix(-1-d.random.Int63n(1e9), d.random.Int63n(1e9)).UTC()
			d.resign()
		}},
		{"vote_time_of_year_1", func(d *draft) { d.vote().Timestamp = time.Time{}; d.resign() }},
		{"signature_of_nil_vote", func(d *draft) {
			vote := d.vote()
			vote.BlockIDFlag = types.BlockIDFlagNil
			d.resign()
			d.flip(vote)
		}},
	}
}

// edwardsOrder is the order of the base point of Ed25519.
var edwardsOrder, _ = new(big.Int).SetString(
	"1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed", 16)

// malleate makes of a signature its twin, which sloppy verifiers take: s is replaced by n - s in
// secp256k1, by s + L in Ed25519.
func (d *draft) malleate(vote *types.CommitSig) {
	key := d.chain.keys[string(vote.ValidatorAddress)]
	half := slices.Clone(vote.Signature[32:])
	if key.Type() == "secp256k1" {
		s := new(big.Int).SetBytes(half)
		s.Sub(secp256k1.S256().N, s).FillBytes(half)
	} else {
		slices.Reverse(half)
		s := new(big.Int).SetBytes(half)
		s.Add(s, edwardsOrder).FillBytes(half)
		slices.Reverse(half)
	}
	vote.Signature = append(slices.Clone(vote.Signature[:32]), half...)
}
