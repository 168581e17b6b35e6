"""What tests share: a small software network in memory, and a disk that crashes."""
