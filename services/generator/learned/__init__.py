"""Tables learned from open data, as JSON, each with its licence and how it was made in docs/models.md."""
