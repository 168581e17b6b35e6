package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/protoio"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	protomem "github.com/cometbft/cometbft/proto/tendermint/mempool"
	protop2p "github.com/cometbft/cometbft/proto/tendermint/p2p"
	"github.com/cometbft/cometbft/version"
)

const handshakeTimeout = 20 * time.Second

// pushAsPeer is a peer that knows no channel but the mempool's, and gives a node transactions there
// as fast as CometBFT's default rate lets it. It comes back, as another peer, when it is thrown out.
func pushAsPeer(ctx context.Context, plan *Plan, lane Lane, counter *Counter) {
	for ctx.Err() == nil {
		if err := pushOnce(ctx, plan, lane, counter); err != nil {
			counter.failed(err.Error())
		}
	}
}

func pushOnce(ctx context.Context, plan *Plan, lane Lane, counter *Counter) error {
	secret, err := connect(lane.Address, plan.ChainID)
	if err != nil {
		return err
	}
	lost := make(chan struct{}, 1)
	channels := []*conn.ChannelDescriptor{{ID: mempool.MempoolChannel, Priority: 5}}
	ignore := func(byte, []byte) {}
	onError := func(any) {
		select {
		case lost <- struct{}{}:
		default:
		}
	}
	// The connection's own default is a tenth of what nodes are configured with.
	rates := p2p.MConnConfig(config.DefaultP2PConfig())
	peer := conn.NewMConnectionWithConfig(secret, channels, ignore, onError, rates)
	if err := peer.Start(); err != nil {
		return err
	}
	defer func() { _ = peer.Stop() }()
	counter.answered("connected")
	for turn := 0; ; turn++ {
		tx := plan.Sources[lane.Sources[turn%len(lane.Sources)]].next()
		txs := protomem.Txs{Txs: [][]byte{tx}}
		message, err := txs.Wrap().(*protomem.Message).Marshal()
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-lost:
			return fmt.Errorf("thrown out")
		default:
		}
		if peer.Send(mempool.MempoolChannel, message) {
			counter.sent(len(tx))
		} else {
			counter.answered("not sent within 10 s")
		}
	}
}

// connect does the handshake of a new node of this network.
func connect(address, network string) (*conn.SecretConnection, error) {
	plain, err := net.DialTimeout("tcp", address, handshakeTimeout)
	if err != nil {
		return nil, fmt.Errorf("not dialled")
	}
	if err := plain.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, err
	}
	key := p2p.NodeKey{PrivKey: ed25519.GenPrivKey()}
	secret, err := conn.MakeSecretConnection(plain, key.PrivKey)
	if err != nil {
		_ = plain.Close()
		return nil, fmt.Errorf("no secret connection")
	}
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(version.P2PProtocol, version.BlockProtocol, 0),
		DefaultNodeID:   key.ID(),
		ListenAddr:      "tcp://127.0.0.1:1",
		Network:         network,
		Version:         version.TMCoreSemVer,
		Channels:        []byte{mempool.MempoolChannel},
		Moniker:         "stranger",
		Other:           p2p.DefaultNodeInfoOther{TxIndex: "on"},
	}
	if _, err := protoio.NewDelimitedWriter(secret).WriteMsg(info.ToProto()); err != nil {
		_ = plain.Close()
		return nil, fmt.Errorf("node info not written")
	}
	theirs := new(protop2p.DefaultNodeInfo)
	if _, err := protoio.NewDelimitedReader(secret, p2p.MaxNodeInfoSize()).ReadMsg(theirs); err != nil {
		_ = plain.Close()
		return nil, fmt.Errorf("node info not read")
	}
	return secret, plain.SetDeadline(time.Time{})
}
