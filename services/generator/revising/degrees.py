"""From one key to another: pitches and chords by scale degree, as a musician would play the same song in another mode."""

from dataclasses import dataclass
from functools import cached_property

from contracts.music import Chord, Key
from contracts.music.chord import QUALITIES
from services.music.theory.roman import spell_class

_DOMINANT, _TONIC, _SUBDOMINANT = 7, 0, 5
_DIMINISHED = frozenset({"dim", "dim7", "m7b5"})
_PLAIN = ("major", "minor")


@dataclass(frozen=True)
class KeyChange:
    """The way from one key to another."""

    old: Key
    new: Key

    @cached_property
    def semitones(self) -> int:
        """From tonic to tonic, the near way (-6 to 6). There and back again is where one began."""
        up = (self.new.tonic_class - self.old.tonic_class) % 12
        far = up == 6 and self.new.tonic_class < self.old.tonic_class
        return up - 12 if up > 6 or far else up

    @property
    def same_mode(self) -> bool:
        """Whether it is a transposition."""
        return self.old.mode == self.new.mode

    def pitch(self, pitch: int, chord: Chord | None = None) -> int:
        """A pitch by its degree. Over a dominant the leading tone leads in every mode."""
        if self.same_mode:
            return pitch + self.semitones
        rel = (pitch - self.old.tonic_class) % 12
        kept = chord is not None and self.keeps_dominant(chord) and pitch % 12 in chord.pitch_classes
        return pitch + self.semitones + (0 if kept else self._degree(rel) - rel)

    def _degree(self, rel: int) -> int:
        """Semitones above the tonic of what stood `rel` above it. What is foreign to the old mode and at home in the new one stays."""
        old, new = self.old.intervals, self.new.intervals
        if rel in old:
            return new[old.index(rel)]
        if rel in new:
            return rel
        for raised in (1, -1):  # F sharp in C is a raised fourth, B flat a lowered seventh
            if rel - raised in old and (raised > 0) == (rel == 6):
                return new[old.index(rel - raised)] + raised
        return rel

    def keeps_dominant(self, chord: Chord) -> bool:
        """Whether a chord is the dominant, which is major in major and in minor."""
        rel = (chord.root_class - self.old.tonic_class) % 12
        plain = self.old.mode in _PLAIN and self.new.mode in _PLAIN
        return plain and rel == _DOMINANT and 4 in chord.intervals

    def chord(self, chord: Chord) -> Chord:
        """A chord by its degree, with the quality that it has in the new mode.

        Where that would be diminished and was not, what a band would play there: iv for ii in minor, V for VII in major. Chords
        from outside the key (applied dominants) keep their quality.
        """
        if self.same_mode:
            return Chord(
                self._named(chord.root_class + self.semitones), chord.quality, self._bass(chord, chord.root_class + self.semitones)
            )
        rel = (chord.root_class - self.old.tonic_class) % 12
        root = self.new.tonic_class + self._degree(rel)
        if self.keeps_dominant(chord) or not set(chord.pitch_classes[:3]) <= set(self.old.pitch_classes):
            return Chord(self._named(root), chord.quality, self._bass(chord, root))
        quality = self._quality(chord, root)
        if quality in _DIMINISHED and chord.quality not in _DIMINISHED and len(chord.intervals) == 3:
            rel_new = (root - self.new.tonic_class) % 12
            if rel_new == 2:
                return Chord(self._named(self.new.tonic_class + _SUBDOMINANT), "m")
            if rel_new == 11:
                return Chord(self._named(self.new.tonic_class + _DOMINANT), "")
        return Chord(self._named(root), quality, self._bass(chord, root))

    def _quality(self, chord: Chord, root: int) -> str:
        """The quality whose tones are the chord's by degree; its triad's where no such chord has a name."""
        for count in (len(chord.intervals), 4, 3):
            wanted = {(self.pitch(60 + pc) - root) % 12 for pc in chord.pitch_classes[:count]}
            found = next((name for name, steps in QUALITIES.items() if {s % 12 for s in steps} == wanted), None)
            if found is not None and (count > 3 or len(chord.intervals) == 3 or found not in _DIMINISHED):
                return found
        return "m" if (self.pitch(60 + chord.pitch_classes[1]) - root) % 12 == 3 else ""

    def _named(self, pc: int) -> str:
        return spell_class(self.new, pc % 12)

    def _bass(self, chord: Chord, root: int) -> str | None:
        if not chord.bass:
            return None
        pc = self.pitch(60 + chord.bass_class, chord) % 12
        return None if pc == root % 12 else self._named(pc)
