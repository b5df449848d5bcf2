"""What the ears learned, as JSON, each with how it was made in docs/models.md."""
