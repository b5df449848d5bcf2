"""What is put together while it is sent: archives, single parts of a MIDI file, a project with its stems."""
