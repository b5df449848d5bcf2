"""What the ears have learned is made here; nothing is learned at run time."""
