"""Brief to score, arrangement and dry stems."""
