package main

import (
	"context"
	"strconv"
	"time"
)

// fill keeps a node's mempool as full as the lane says: each block that takes some of it is made up
// for. An account gives many transactions in a row, as the mempool takes them in that order.
func fill(ctx context.Context, plan *Plan, lane Lane, counter *Counter) {
	asking := newClient(lane.Address)
	for turn := 0; ctx.Err() == nil; turn++ {
		room := missing(ctx, asking, lane)
		if room <= 0 {
			time.Sleep(pause)
			continue
		}
		source := plan.Sources[lane.Sources[turn%len(lane.Sources)]]
		for range min(max(room/fillers(plan), 1), inARow) {
			if !asking.offer(ctx, "broadcast_tx_sync", source, counter) {
				time.Sleep(pause)
				break
			}
		}
	}
}

const inARow = 50

// fillers is how many connections make up for what is missing.
func fillers(plan *Plan) int64 {
	count := int64(0)
	for _, lane := range plan.Lanes {
		if lane.Kind == "fill" {
			count++
		}
	}
	return count
}

// missing is how many transactions the mempool lacks: by its own count and size.
func missing(ctx context.Context, asking *client, lane Lane) int64 {
	found, err := asking.call(ctx, "num_unconfirmed_txs", []byte("{}"))
	if err != nil {
		return 0
	}
	count, _ := strconv.ParseInt(found.Result.Total, 10, 64)
	bytes, _ := strconv.ParseInt(found.Result.TotalBytes, 10, 64)
	if lane.Count > 0 {
		return lane.Count - count
	}
	if count == 0 {
		return inARow
	}
	return (lane.Bytes - bytes) * count / max(bytes, 1)
}
