package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// verdict is what Go says. Kind is "" where it accepts, else the rule that refused.
type verdict struct {
	Kind  string `json:"kind"`
	Error string `json:"error"`
	// Others is Go's verdict on the votes whose signature verifies, where Kind is "signature".
	Others *verdict `json:"others,omitempty"`
}

// question is a case, as bytes, with the arguments of `light.Verify`.
type question struct {
	trusted, next, block []byte
	level                cmtmath.Fraction
	period, drift        time.Duration
	now                  time.Time
}

// asked is a question that Go could read.
type asked struct {
	trusted, block *types.LightBlock
	next           *types.ValidatorSet
}

// answer gives Go's verdicts: of `light.Verify` with the client's arguments; and of the same at 2/3
// and whatever the time, which is the rule of an enclave. Both trust the set that the trusted header
// names as its next; that it is this set, `light.Verify` leaves to its caller.
func answer(q question) (client, enclave verdict) {
	read, err := decode(q)
	if err != nil {
		refused := refusal(err)
		return refused, refused
	}
	adjacent := read.block.Height == read.trusted.Height+1
	if !adjacent && !bytes.Equal(read.next.Hash(), read.trusted.NextValidatorsHash) {
		return verdict{Kind: "trusted_next"}, verdict{Kind: "trusted_next"}
	}
	client = read.verify(q.level, q.period, q.drift, q.now)
	twoThirds := cmtmath.Fraction{Numerator: 2, Denominator: 3}
	return client, read.verify(twoThirds, math.MaxInt64, time.Second, read.block.Time)
}

func decode(q question) (*asked, error) {
	trusted, err := fromBytes(q.trusted)
	if err != nil {
		return nil, fmt.Errorf("trusted: %w", err)
	}
	var message cmtproto.ValidatorSet
	if err := message.Unmarshal(q.next); err != nil {
		return nil, err
	}
	next, err := types.ValidatorSetFromProto(&message)
	if err != nil {
		return nil, fmt.Errorf("next: %w", err)
	}
	block, err := fromBytes(q.block)
	if err != nil {
		return nil, err
	}
	return &asked{trusted, block, next}, block.ValidateBasic(trusted.ChainID)
}

func (a *asked) verify(
	level cmtmath.Fraction, period, drift time.Duration, now time.Time,
) verdict {
	err := light.Verify(a.trusted.SignedHeader, a.next, a.block.SignedHeader, a.block.ValidatorSet,
		period, now, drift, level)
	if err == nil {
		return verdict{}
	}
	refused := refusal(err)
	if refused.Kind == "signature" {
		others := a.others(level)
		refused.Others = &others
	}
	return refused
}

// others repeats the last two rules of `light.Verify`, on commits without the votes whose signature
// does not verify under the key that the rule takes for them.
func (a *asked) others(level cmtmath.Fraction) verdict {
	chainID, commit := a.trusted.ChainID, a.block.Commit
	if a.block.Height != a.trusted.Height+1 {
		byAddress := struck(chainID, commit, func(_ int, vote types.CommitSig) *types.Validator {
			_, validator := a.next.GetByAddress(vote.ValidatorAddress)
			return validator
		})
		err := a.next.VerifyCommitLightTrusting(chainID, byAddress, level)
		if types.IsErrNotEnoughVotingPowerSigned(err) {
			return verdict{Kind: "trust", Error: err.Error()}
		}
		if err != nil {
			return refusal(err)
		}
	}
	own := a.block.ValidatorSet
	byIndex := struck(chainID, commit, func(index int, vote types.CommitSig) *types.Validator {
		if !bytes.Equal(own.Validators[index].Address, vote.ValidatorAddress) {
			return nil
		}
		return own.Validators[index]
	})
	if err := own.VerifyCommitLight(chainID, commit.BlockID, a.block.Height, byIndex); err != nil {
		return refusal(err)
	}
	return verdict{}
}

// struck is the commit with an absent vote in place of each that `signer` has not signed.
func struck(
	chainID string, commit *types.Commit, signer func(int, types.CommitSig) *types.Validator,
) *types.Commit {
	left := commit.Clone()
	left.Signatures = make([]types.CommitSig, commit.Size())
	for index, vote := range commit.Signatures {
		left.Signatures[index] = vote
		if vote.BlockIDFlag != types.BlockIDFlagCommit {
			continue
		}
		validator := signer(index, vote)
		if validator == nil {
			continue
		}
		if !validator.PubKey.VerifySignature(commit.VoteSignBytes(chainID, int32(index)), vote.Signature) {
			left.Signatures[index] = types.NewCommitSigAbsent()
		}
	}
	return left
}

// kinds names Go's errors by their text, the first that fits. Two of them have a type.
var kinds = []struct{ kind, text string }{
	{"wire", "wire: "},
	{"proposer", "proposer error: "},
	{"proposer", "proposer failed validate basic"},
	{"proposer", "proposer not in validator set"},
	{"double_vote", "double vote from"},
	{"address", "validator address mismatch at index"},
	{"signature", "wrong signature (#"},
	{"signature", "invalid signature"},
	{"power", "insufficient voting power"},
	{"set_size", "wrong set size"},
	{"set_size", "Invalid commit -- wrong set size"},
	{"next_validators_hash", "expected old header next validators"},
	{"height", "expected new header height"},
	{"time", "expected new header time"},
	{"future", "time from the future"},
	{"validators_hash", "expected validator hash of header to match"},
	{"chain_id", "belongs to another chain"},
	{"commit_height", "header and commit height mismatch"},
	{"commit_block", "commit signs block"},
	{"missing", "missing header"},
	{"missing", "missing commit"},
	{"missing", "missing signed header"},
	{"missing", "missing validator set"},
	{"block_protocol", "block protocol is incorrect"},
	{"chain_id_length", "chainID is too long"},
	{"header_height", "negative Height"},
	{"header_height", "zero Height"},
	{"hash_length", "expected size to be 32 bytes"},
	{"hash_length", "wrong Hash"},
	{"proposer_length", "invalid ProposerAddress length"},
	{"round", "negative Round"},
	{"no_block", "commit cannot be for nil block"},
	{"no_votes", "no signatures in commit"},
	{"flag", "unknown BlockIDFlag"},
	{"absent_vote", "validator address is present"},
	{"absent_vote", "time is present"},
	{"absent_vote", "signature is present"},
	{"address_length", "expected ValidatorAddress size"},
	{"signature_length", "signature is missing"},
	{"signature_length", "signature is too big"},
	{"set_empty", "validator set is nil or empty"},
	{"key", "invalid size for PubKey"},
	{"key", "is not supported"},
	{"power_range", "negative voting power"},
	{"power_range", "exceeds maximum"},
	{"validator_address", "incorrectly derived from pubkey"},
}

func refusal(err error) verdict {
	var expired light.ErrOldHeaderExpired
	var untrusted light.ErrNewValSetCantBeTrusted
	said := err.Error()
	switch {
	case errors.As(err, &expired):
		return verdict{Kind: "expired", Error: said}
	case errors.As(err, &untrusted):
		return verdict{Kind: "trust", Error: said}
	}
	for _, known := range kinds {
		if strings.Contains(said, known.text) {
			return verdict{Kind: known.kind, Error: said}
		}
	}
	panic("an error of Go's without a name: " + said)
}
