"""What the user brought for the band: its bass, chords and drums, played as they were where their bars lie in the song."""

from contracts.given import Given
from contracts.music import Note
from services.generator.arrangement.band import Chair
from services.generator.arrangement.frame import Frame
from services.generator.arrangement.orchestration import Plan
from services.generator.composition.placing import is_song, loop_map, placed, runs_of, stretches_in
from services.generator.composition.retiming import in_song
from services.music.packs.instruments import instrument

_ROLES = {"drums": "drums", "bass": "bass", "chords": "chords"}


class Brought:
    """The brought parts in the key, meter and bars of the song."""

    def __init__(self, frame: Frame, given: Given | None) -> None:
        self.frame = frame
        self.given = in_song(given, frame.brief) if given else None
        self.whole = bool(self.given and is_song(self.given))

    def role_of(self, chair: Chair) -> str | None:
        """The brought role that a chair plays: drums, bass, and the first chord player's chords."""
        role = _ROLES.get(chair.manner)
        if self.given is None or role is None or (role == "chords" and chair.rank > 0):
            return None
        part = self.given.part(role)
        return role if part and part.notes else None

    def notes(self, chair: Chair, plan: Plan) -> list[Note]:
        """A chair's brought notes, note for note; a short loop waits where its player has nothing to do.

        Notes outside the instrument's range are moved by whole octaves in `finish`.
        """
        role = self.role_of(chair)
        if self.given is None or role is None:
            return []
        part = self.given.part(role)
        runs = runs_of(loop_map(self.given, stretches_in(self.frame.score), self.frame.bar_ticks))
        moved = placed(part.notes, runs, self.frame.meter, 0) if part else []
        if role != "drums":
            moved = _in_octave(moved, chair)
        return moved if self.whole else [n for n in moved if self._plays(chair, plan, n.start)]

    def _plays(self, chair: Chair, plan: Plan, tick: int) -> bool:
        name = self.frame.section_at(tick)
        return name is not None and plan.plays(chair.part, name, tick // self.frame.bar_ticks)

    def members(self) -> tuple[str, ...]:
        """Instruments of the catalogue that the brought parts are for."""
        if self.given is None:
            return ()
        known = {"drums": "drum_kit"}
        wanted = [known.get(part.role, part.instrument) for part in self.given.parts if part.role in _ROLES and part.notes]
        return tuple(name for name in wanted if name)


def _in_octave(notes: list[Note], chair: Chair) -> list[Note]:
    """A part moved by whole octaves to where most of it can be played."""
    low, high = instrument(chair.instrument).range

    def outside(octave: int) -> int:
        return sum(not low <= n.pitch + 12 * octave <= high for n in notes)

    octave = min(range(-4, 5), key=lambda o: (outside(o), abs(o)))
    return [n._replace(pitch=n.pitch + 12 * octave) for n in notes] if octave else notes
