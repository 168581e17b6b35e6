module seedpact/tests/differential/armor

go 1.23

require golang.org/x/crypto v0.33.0

require golang.org/x/sys v0.30.0 // indirect
