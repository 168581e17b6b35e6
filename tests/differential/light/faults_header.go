package main

import (
	"math"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// fault changes a draft; what it is to Go, Go says.
type fault struct {
	name  string
	apply func(*draft)
}

// faults are all of them, in a fixed order.
func faults() []fault {
	all := []fault{{"none", func(*draft) {}}}
	all = append(all, headerFaults()...)
	all = append(all, shapeFaults()...)
	all = append(all, timeFaults()...)
	all = append(all, commitFaults()...)
	all = append(all, signatureFaults()...)
	return append(all, setFaults()...)
}

func headerFaults() []fault {
	return []fault{
		{"chain_id_of_header", func(d *draft) { d.block.ChainID += "x"; d.seal() }},
		{"chain_id_of_votes", func(d *draft) { d.sealFor(d.block, d.block.ChainID+"x") }},
		{"chain_id_too_long", func(d *draft) {
			d.block.ChainID = string(make([]byte, types.MaxChainIDLen+1))
			d.seal()
		}},
		{"height_equal", func(d *draft) { d.setHeight(d.trusted.Height) }},
		{"height_back", func(d *draft) { d.setHeight(max(1, d.trusted.Height-1-d.random.Int63n(5))) }},
		{"height_zero", func(d *draft) { d.setHeight(0) }},
		{"height_negative", func(d *draft) { d.setHeight(-1 - d.random.Int63n(5)) }},
		{"height_of_another", func(d *draft) { d.setHeight(d.block.Height + 1 + d.random.Int63n(5)) }},
		{"height_largest", func(d *draft) { d.setHeight(math.MaxInt64) }},
		{"commit_height", func(d *draft) { d.block.Commit.Height++; d.resign() }},
		{"commit_height_zero", func(d *draft) { d.block.Commit.Height = 0; d.resign() }},
		{"block_protocol", func(d *draft) { d.block.Version.Block += 1 - 2*uint64(d.random.Intn(2)); d.seal() }},
		{"app_version", func(d *draft) { d.block.Version.App = d.random.Uint64(); d.seal() }},
		{"header_changed", func(d *draft) { d.block.AppHash = randomBytes(d.random, 32) }},
		{"validators_hash", func(d *draft) { d.block.ValidatorsHash = randomBytes(d.random, 32); d.seal() }},
		{"validators_hash_empty", func(d *draft) { d.block.ValidatorsHash = nil; d.seal() }},
		{"next_validators_hash", func(d *draft) {
			d.trusted.NextValidatorsHash = randomBytes(d.random, 32)
			d.sealFor(d.trusted, d.trusted.ChainID)
		}},
		{"trusted_next", func(d *draft) { d.next = d.chain.newSet(1 + d.random.Intn(6)) }},
	}
}

func (d *draft) setHeight(height int64) {
	d.block.Height = height
	d.block.Commit.Height = height
	d.seal()
}

// shapeFaults are fields of a length or a form that no header, commit or set has.
func shapeFaults() []fault {
	wire := func(change func(*cmtproto.LightBlock)) func(*draft) {
		return func(d *draft) { d.wire = append(d.wire, change) }
	}
	raw := func(change func(*draft, []byte) []byte) func(*draft) {
		return func(d *draft) {
			d.raw = append(d.raw, func(written []byte) []byte { return change(d, written) })
		}
	}
	made := []fault{
		{"truncated", raw(func(d *draft, written []byte) []byte {
			return written[:d.random.Intn(len(written))]
		})},
		{"bytes_added", raw(func(d *draft, written []byte) []byte {
			// The tag of field 0, or of a field that never ends.
			return append(written, []byte{0x00, 0x0a}[d.random.Intn(2)])
		})},
		{"no_signed_header", wire(func(b *cmtproto.LightBlock) { b.SignedHeader = nil })},
		{"no_header", wire(func(b *cmtproto.LightBlock) { b.SignedHeader.Header = nil })},
		{"no_commit", wire(func(b *cmtproto.LightBlock) { b.SignedHeader.Commit = nil })},
		{"no_validator_set", wire(func(b *cmtproto.LightBlock) { b.ValidatorSet = nil })},
		{"no_key", wire(func(b *cmtproto.LightBlock) { b.ValidatorSet.Validators[0].PubKey.Sum = nil })},
		{"address_length", func(d *draft) {
			vote := d.vote()
			vote.ValidatorAddress = vote.ValidatorAddress[:19]
		}},
		{"proposer_length", func(d *draft) {
			d.block.ProposerAddress = randomBytes(d.random, []int{0, 19, 21, 32}[d.random.Intn(4)])
			d.seal()
		}},
		{"commit_hash_length", func(d *draft) {
			d.block.Commit.BlockID.Hash = d.block.Commit.BlockID.Hash[:31]
		}},
		{"parts_hash_length", func(d *draft) {
			d.block.Commit.BlockID.PartSetHeader.Hash = randomBytes(d.random, 33)
		}},
		{"last_parts_hash_length", func(d *draft) {
			d.block.LastBlockID.PartSetHeader.Hash = randomBytes(d.random, 31)
			d.seal()
		}},
	}
	return append(made, lengthFaults()...)
}

// lengthFaults give a hash in the header another length than 32.
func lengthFaults() []fault {
	fields := []struct {
		name string
		set  func(*types.Header, []byte)
	}{
		{"last_block_hash", func(h *types.Header, hash []byte) { h.LastBlockID.Hash = hash }},
		{"last_commit_hash", func(h *types.Header, hash []byte) { h.LastCommitHash = hash }},
		{"data_hash", func(h *types.Header, hash []byte) { h.DataHash = hash }},
		{"validators_hash", func(h *types.Header, hash []byte) { h.ValidatorsHash = hash }},
		{"next_validators_hash", func(h *types.Header, hash []byte) { h.NextValidatorsHash = hash }},
		{"consensus_hash", func(h *types.Header, hash []byte) { h.ConsensusHash = hash }},
		{"last_results_hash", func(h *types.Header, hash []byte) { h.LastResultsHash = hash }},
		{"evidence_hash", func(h *types.Header, hash []byte) { h.EvidenceHash = hash }},
	}
	made := make([]fault, len(fields))
	for index, field := range fields {
		made[index] = fault{field.name + "_length", func(d *draft) {
			field.set(d.block.Header, randomBytes(d.random, []int{1, 31, 33, 64}[d.random.Intn(4)]))
			d.seal()
		}}
	}
	return made
}

// timeFaults stand on both sides of every edge.
func timeFaults() []fault {
	at := func(offset time.Duration) func(*draft) {
		return func(d *draft) { d.block.Time = d.trusted.Time.Add(offset); d.seal() }
	}
	clock := func(offset time.Duration) func(*draft) {
		return func(d *draft) { d.now = d.block.Time.Add(offset - d.drift) }
	}
	expiry := func(offset time.Duration) func(*draft) {
		return func(d *draft) { d.period = d.now.Sub(d.trusted.Time) + offset }
	}
	return []fault{
		{"time_back", func(d *draft) { at(-time.Duration(1 + d.random.Int63n(int64(time.Hour))))(d) }},
		{"time_back_by_a_nanosecond", at(-1)},
		{"time_equal", at(0)},
		{"time_forward_by_a_nanosecond", at(1)},
		{"future_by_far", func(d *draft) { clock(-time.Duration(1 + d.random.Int63n(int64(time.Hour))))(d) }},
		{"future_edge", clock(0)},
		{"future_edge_inside", clock(1)},
		{"expired_by_far", func(d *draft) { d.now = d.now.Add(d.period) }},
		{"expired_edge", expiry(0)},
		{"expired_edge_inside", expiry(1)},
		{"level_one", func(d *draft) { d.level = cmtmath.Fraction{Numerator: 1, Denominator: 1} }},
		{"level_others", func(d *draft) {
			d.level = oneOf(d.random, [2]uint64{2, 5}, [2]uint64{3, 4}, [2]uint64{4, 5}, [2]uint64{7, 8})
		}},
	}
}
