"""Files of the mastered song: formats, tags, editions."""
