"""What becomes of a request: read, accepted, followed, ended."""
