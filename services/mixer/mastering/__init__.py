"""Mastering that commutes with the sum: linear filters and gain over time, the same for every stem."""
