"""The six services and the two libraries they share."""
