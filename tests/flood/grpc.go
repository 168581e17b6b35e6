package main

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const maxAnswer = 64 << 20

// encoded passes messages as the bytes that they are.
type encoded struct{}

func (encoded) Name() string { return "proto" }

func (encoded) Marshal(value any) ([]byte, error) {
	data, ok := value.(*[]byte)
	if !ok {
		return nil, fmt.Errorf("expected bytes, found %T", value)
	}
	return *data, nil
}

func (encoded) Unmarshal(data []byte, value any) error {
	to, ok := value.(*[]byte)
	if !ok {
		return fmt.Errorf("expected bytes, found %T", value)
	}
	*to = append((*to)[:0], data...)
	return nil
}

// askGRPC asks its questions, one after the other, on a connection of its own.
func askGRPC(ctx context.Context, _ *Plan, lane Lane, counter *Counter) {
	connection, err := grpc.NewClient(lane.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodec(encoded{}), grpc.MaxCallRecvMsgSize(maxAnswer)))
	if err != nil {
		counter.failed(err.Error())
		return
	}
	defer connection.Close()
	found := new([]byte)
	for turn := 0; ctx.Err() == nil; turn++ {
		call := lane.Calls[turn%len(lane.Calls)]
		err := askOnce(ctx, connection, call, found)
		if ctx.Err() != nil {
			return
		}
		counter.sent(len(call.Data))
		switch code := status.Code(err); code {
		case codes.OK:
			counter.answered(taken)
		case codes.Unavailable:
			counter.failed(code.String())
		default:
			counter.answered(code.String())
		}
	}
}

func askOnce(ctx context.Context, on *grpc.ClientConn, call Call, to *[]byte) error {
	limited, stop := context.WithTimeout(ctx, answerTimeout)
	defer stop()
	return on.Invoke(limited, call.Method, &call.Data, to)
}
