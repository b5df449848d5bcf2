"""Dry stems to mix, master and deliverables."""
