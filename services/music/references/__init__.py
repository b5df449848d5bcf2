"""A reference recording beside a song of our own: which section answers to which, and whether a tune is somebody else's."""
