"""The schemes of the seed agreement: one scheme a file, every primitive behind `primitives`."""
