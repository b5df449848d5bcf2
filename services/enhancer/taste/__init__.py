"""Taste: what a user likes, learned from ratings, choices and edits, and told in words."""
