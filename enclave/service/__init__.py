"""The shell: the process, its gRPC server, sealed files, entropy and clock."""
