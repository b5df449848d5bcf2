"""Reference audio to features."""
