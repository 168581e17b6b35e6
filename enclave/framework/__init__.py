"""The parts that a request handler works with: Enclave, KeyManager, Attestor, KvStore, Handler."""
