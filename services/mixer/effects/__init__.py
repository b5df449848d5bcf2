"""The effect rack: a catalogue of effects with typed parameters, operations on files, and plugins of the user's own."""
