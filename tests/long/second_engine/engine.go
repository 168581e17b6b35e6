//go:build tools

// Package second_engine has no code: it names the one program that go.mod and go.sum are there for.
package second_engine

import _ "github.com/cometbft/cometbft/cmd/cometbft"
