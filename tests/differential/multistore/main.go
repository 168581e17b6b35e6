// The oracle of the app hash: the Cosmos SDK's own multistore, asked from Python.
//
//	multistore-oracle [-initial N] -stores a,b,.. FILE..
//
// Replays operation files, whose sets and removes carry the name of a store, through a cache
// multistore as the SDK does; prints "file version app_hash" for each save, and "file version proof .."
// for each key that a file has proven: the ProofOps of a query of /store/<name>/key. A transient and
// a memory store are mounted too: they must not count.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"cosmossdk.io/log"
	"cosmossdk.io/store/metrics"
	"cosmossdk.io/store/rootmulti"
	"cosmossdk.io/store/types"
	dbm "github.com/cosmos/cosmos-db"
)

type operation struct {
	Op    string `json:"op"`
	Store string `json:"store"`
	Key   string `json:"key"`
	Value string `json:"value"`
	// Version is that of a proof.
	Version int64 `json:"version,string"`
}

func main() {
	initial := flag.Int64("initial", 1, "version of the first save")
	stores := flag.String("stores", "", "names, separated by commas")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	for number, path := range flag.Args() {
		if err := replay(out, number, path, strings.Split(*stores, ","), *initial); err != nil {
			fmt.Fprintf(os.Stderr, "multistore-oracle: %s: %v\n", path, err)
			os.Exit(1)
		}
	}
	out.Flush()
}

func replay(out *bufio.Writer, number int, path string, names []string, initial int64) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	multi, keys, err := mount(names, initial)
	if err != nil {
		return err
	}
	cache := multi.CacheMultiStore()
	lines := json.NewDecoder(bufio.NewReader(file))
	for lines.More() {
		var line operation
		if err := lines.Decode(&line); err != nil {
			return err
		}
		key, err := hex.DecodeString(line.Key)
		if err != nil {
			return err
		}
		value, err := hex.DecodeString(line.Value)
		if err != nil {
			return err
		}
		switch line.Op {
		case "set":
			cache.GetKVStore(keys[line.Store]).Set(key, value)
		case "remove":
			cache.GetKVStore(keys[line.Store]).Delete(key)
		case "save":
			cache.Write()
			id := multi.Commit()
			fmt.Fprintf(out, "%d %d %x\n", number, id.Version, id.Hash)
			cache = multi.CacheMultiStore()
		case "prove":
			data, err := prove(multi, line.Store, key, line.Version)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%d %d proof %x\n", number, line.Version, data)
		default:
			return fmt.Errorf("unknown operation %q", line.Op)
		}
	}
	return nil
}

func prove(multi *rootmulti.Store, store string, key []byte, version int64) ([]byte, error) {
	answer, err := multi.Query(&types.RequestQuery{
		Path: "/" + store + "/key", Data: key, Height: version, Prove: true,
	})
	if err != nil {
		return nil, err
	}
	if answer.ProofOps == nil {
		return nil, fmt.Errorf("no proof of %s at %d: %s", store, version, answer.Log)
	}
	return answer.ProofOps.Marshal()
}

func mount(names []string, initial int64) (*rootmulti.Store, map[string]types.StoreKey, error) {
	multi := rootmulti.NewStore(dbm.NewMemDB(), log.NewNopLogger(), metrics.NewNoOpMetrics())
	keys := map[string]types.StoreKey{}
	for _, name := range names {
		keys[name] = types.NewKVStoreKey(name)
		multi.MountStoreWithDB(keys[name], types.StoreTypeIAVL, nil)
	}
	multi.MountStoreWithDB(
		types.NewTransientStoreKey("transient"), types.StoreTypeTransient, nil)
	multi.MountStoreWithDB(types.NewMemoryStoreKey("memory"), types.StoreTypeMemory, nil)
	if err := multi.LoadLatestVersion(); err != nil {
		return nil, nil, err
	}
	return multi, keys, multi.SetInitialVersion(initial)
}
