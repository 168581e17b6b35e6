package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const answerTimeout = 60 * time.Second

// answer is what counts of any of CometBFT's answers.
type answer struct {
	Result struct {
		Code      uint32 `json:"code"`
		Codespace string `json:"codespace"`
		Response  struct {
			Code      uint32 `json:"code"`
			Codespace string `json:"codespace"`
		} `json:"response"`
		Total      string `json:"total"`
		TotalBytes string `json:"total_bytes"`
	} `json:"result"`
	Error *struct {
		Message string `json:"message"`
		Data    string `json:"data"`
	} `json:"error"`
}

const taken = "ok"

// verdict is one word for an answer: numbers in it would make each answer another one.
func (a *answer) verdict() string {
	if a.Error != nil {
		words, _, _ := strings.Cut(a.Error.Data, ":")
		return a.Error.Message + ": " + words
	}
	if a.Result.Code != 0 {
		return fmt.Sprintf("%s/%d", a.Result.Codespace, a.Result.Code)
	}
	if a.Result.Response.Code != 0 {
		return fmt.Sprintf("%s/%d", a.Result.Response.Codespace, a.Result.Response.Code)
	}
	return taken
}

// client has one connection of its own, which it keeps.
type client struct {
	http http.Client
	url  string
}

func newClient(address string) *client {
	transport := &http.Transport{MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1}
	return &client{http.Client{Transport: transport, Timeout: answerTimeout}, "http://" + address}
}

func (c *client) call(ctx context.Context, method string, params []byte) (*answer, error) {
	body := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":%q,"params":`, method)
	body = append(append(body, params...), '}')
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	found := new(answer)
	return found, json.Unmarshal(data, found)
}

// offer sends one transaction and says whether the mempool has it.
func (c *client) offer(ctx context.Context, method string, from *Source, counter *Counter) bool {
	tx := from.next()
	params := append([]byte(`{"tx":"`), base64.StdEncoding.EncodeToString(tx)...)
	found, err := c.call(ctx, method, append(params, `"}`...))
	if err != nil {
		if ctx.Err() == nil {
			counter.failed("no answer")
		}
		return false
	}
	counter.sent(len(tx))
	counter.answered(found.verdict())
	if found.verdict() != taken {
		return false
	}
	from.taken()
	return true
}

// broadcast sends its sources' transactions, one after the other.
func broadcast(ctx context.Context, plan *Plan, lane Lane, counter *Counter) {
	asking := newClient(lane.Address)
	for turn := 0; ctx.Err() == nil; turn++ {
		source := plan.Sources[lane.Sources[turn%len(lane.Sources)]]
		asking.offer(ctx, lane.Method, source, counter)
	}
}

// askRPC asks its questions, one after the other.
func askRPC(ctx context.Context, _ *Plan, lane Lane, counter *Counter) {
	asking := newClient(lane.Address)
	for turn := 0; ctx.Err() == nil; turn++ {
		call := lane.Calls[turn%len(lane.Calls)]
		found, err := asking.call(ctx, call.Method, call.Params)
		if err != nil {
			if ctx.Err() == nil {
				counter.failed("no answer")
			}
			continue
		}
		counter.sent(len(call.Params))
		counter.answered(found.verdict())
	}
}
