// The oracle of what CometBFT's engine reads when it starts: its genesis, and values of config.toml.
//
//	genesis-oracle genesis   whether the engine starts a chain with this file
//	genesis-oracle moniker   whether its node has this name
//	genesis-oracle peers     whether it takes this list of peers
//	genesis-oracle listen    whether its node may say that it listens there
//
// Each line on stdin is a file, or a value, in hex. Each line on stdout is a JSON object: the step
// that refused it and Go's own words, both empty where the engine takes it. A panic is a refusal, as
// it is for the engine.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	dbm "github.com/cometbft/cometbft-db"

	"github.com/cometbft/cometbft/p2p"
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

// asMoniker and the others do what node/node.go and p2p/switch.go do with their value.
func asMoniker(data []byte) verdict {
	return asNode(string(data), "127.0.0.1:26656")
}

func asListen(data []byte) verdict {
	return asNode("node", string(data))
}

func asNode(moniker, listen string) verdict {
	info := p2p.DefaultNodeInfo{
		DefaultNodeID: p2p.ID(strings.Repeat("ab", 20)),
		ListenAddr:    listen,
		Moniker:       moniker,
	}
	return lookedUp(info.Validate())
}

func asPeers(data []byte) verdict {
	var peers []string
	for _, peer := range strings.Split(string(data), ",") {
		if peer = strings.Trim(peer, " "); peer != "" {
			peers = append(peers, peer)
		}
	}
	_, errs := p2p.NewNetAddressStrings(peers)
	for _, err := range errs {
		if said := lookedUp(err); said.Step != "lookup" {
			return said
		}
	}
	return verdict{}
}

// lookedUp sets apart names that do not resolve: the engine knows that of this moment alone.
func lookedUp(err error) verdict {
	var lookup p2p.ErrNetAddressLookup
	switch {
	case err == nil:
		return verdict{}
	case errors.As(err, &lookup):
		return verdict{"lookup", err.Error()}
	default:
		return verdict{"form", err.Error()}
	}
}

func run(judge func([]byte) verdict) error {
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
	judges := map[string]func([]byte) verdict{
		"genesis": judge, "moniker": asMoniker, "peers": asPeers, "listen": asListen,
	}
	if len(os.Args) != 2 || judges[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: genesis-oracle genesis|moniker|peers|listen")
		os.Exit(2)
	}
	if err := run(judges[os.Args[1]]); err != nil {
		fmt.Fprintln(os.Stderr, "genesis-oracle:", err)
		os.Exit(1)
	}
}
