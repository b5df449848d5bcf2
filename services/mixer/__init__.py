"""The mixer: dry stems become mixed stems, and these a master whose stems sum to it."""
