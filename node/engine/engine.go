//go:build tools

// Package engine has no code: it names the one program that go.mod and go.sum are there for, so
// that `go mod tidy` keeps exactly the modules of that program.
package engine

import _ "github.com/cometbft/cometbft/cmd/cometbft"
