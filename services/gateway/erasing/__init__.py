"""Erasing a composition: gone for its people at once, its files and rows a little later, nothing that others share."""
