"""Quotes: what they say, whether they are genuine, and whether a policy allows them."""
