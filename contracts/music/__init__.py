"""Musical values: what a pitch, a key, a chord, a part and a score are."""

from contracts.music.chord import Chord
from contracts.music.key import MODES, Key
from contracts.music.meter import PPQ, Meter
from contracts.music.pitch import Pitch
from contracts.music.score import ChordEvent, Note, Part, Role, Score, Section

__all__ = ["MODES", "PPQ", "Chord", "ChordEvent", "Key", "Meter", "Note", "Part", "Pitch", "Role", "Score", "Section"]
