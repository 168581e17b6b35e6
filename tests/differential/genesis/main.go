// The oracle of genesis files: whether CometBFT's engine starts a chain with one.
//
// Each line on stdin is a file in hex. Each line on stdout is a JSON object: the step that refused
// it and Go's own words, both empty where the engine takes it. A panic is a refusal, as it is for
// the engine.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	dbm "github.com/cometbft/cometbft-db"

	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
)

type verdict struct {
	Step  string `json:"step"`
	Error string `json:"error"`
}

// judge does what the engine does with its genesis before the first block, in that order.
func judge(data []byte) (said verdict) {
	step := "form"
	defer func() {
		if found := recover(); found != nil {
			said = verdict{step, fmt.Sprintf("panic: %v", found)}
		}
	}()
	document, err := types.GenesisDocFromJSON(data)
	if err != nil {
		return verdict{step, err.Error()}
	}
	// node/setup.go, LoadStateFromDBOrGenesisDocProvider.
	step = "state"
	state, err := sm.MakeGenesisState(document)
	if err != nil {
		return verdict{step, err.Error()}
	}
	// consensus/replay.go: InitChain's request, and the state that is saved after it.
	step = "init_chain"
	validators := make([]*types.Validator, len(document.Validators))
	for at, one := range document.Validators {
		validators[at] = types.NewValidator(one.PubKey, one.Power)
	}
	set := types.NewValidatorSet(validators)
	if set.IsNilOrEmpty() {
		return verdict{step, "no validators"}
	}
	types.TM2PB.ValidatorUpdates(set)
	set.Hash()
	params := document.ConsensusParams.ToProto()
	if _, err := params.Marshal(); err != nil {
		return verdict{step, err.Error()}
	}
	// Saving it at the heights that come first.
	step = "store"
	store := sm.NewStore(dbm.NewMemDB(), sm.StoreOptions{})
	if err := store.Save(state); err != nil {
		return verdict{step, err.Error()}
	}
	for _, height := range []int64{document.InitialHeight, document.InitialHeight + 1} {
		if _, err := store.LoadValidators(height); err != nil {
			return verdict{step, err.Error()}
		}
	}
	// state/execution.go: the room for transactions in the first block.
	step = "first_block"
	most := state.ConsensusParams.Block.MaxBytes
	if most == -1 {
		most = types.MaxBlockSizeBytes
	}
	types.MaxDataBytes(most, state.ConsensusParams.Evidence.MaxBytes, set.Size())
	return verdict{}
}

func run() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		data, err := hex.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		if err := out.Encode(judge(data)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "genesis-oracle:", err)
		os.Exit(1)
	}
}
