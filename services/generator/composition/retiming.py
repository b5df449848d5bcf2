"""What was brought, in the key and meter of the song: moved, never rewritten."""

from collections.abc import Callable
from itertools import pairwise

from contracts.brief import Brief
from contracts.given import Given, GivenPart
from contracts.music import MODES, Chord, ChordEvent, Key, Meter, Note

_TO_MAJOR = {mode: next(s for s in range(12) if {(s + i) % 12 for i in MODES["major"]} == set(steps)) for mode, steps in MODES.items()}


def key_shift(found: Key, wanted: Key) -> int:
    """Semitones (−5 to 6) that bring a tune into a key: tonic on tonic in the same mode, else signature on signature.

    So C major material in A minor stays where it is, and its notes are those of the wanted scale.
    """
    if found.mode == wanted.mode or found.is_minor == wanted.is_minor:
        shift = wanted.tonic_class - found.tonic_class
    else:
        shift = wanted.tonic_class + _TO_MAJOR[wanted.mode] - found.tonic_class - _TO_MAJOR[found.mode]
    return (shift + 5) % 12 - 5


def in_song(given: Given, brief: Brief) -> Given:
    """The brought material moved into the brief's key and meter, with a note for each thing that was changed."""
    return moved_to(given, Key.parse(brief.key.value), Meter.parse(brief.meter.value))


def moved_to(given: Given, wanted: Key, meter: Meter) -> Given:
    """The brought material in a key and a meter."""
    notes: list[str] = []
    shift = 0
    if given.key and str(Key.parse(given.key)) != str(wanted):
        found = Key.parse(given.key)
        shift = key_shift(found, wanted)
        moved = f"{abs(shift)} semitones {'up' if shift > 0 else 'down'}" if shift else "not at all: it has the same notes"
        notes.append(f"what was brought is in {found}; it was moved {moved}, into {wanted}")
    own = Meter.parse(given.meter) if given.meter else meter
    warp = _warp(own, meter)
    if str(own) != str(meter):
        notes.append(f"what was brought is in {own}; each of its bars became one bar of {meter}")
    parts = tuple(_moved(part, shift if part.role != "drums" else 0, warp) for part in given.parts)
    chords = tuple(_chord(event, shift, wanted, own, meter, warp) for event in given.chords)
    return given.model_copy(
        update={
            "parts": parts, "chords": chords, "key": str(wanted) if given.key else None, "meter": str(meter),
            "notes": (*given.notes, *notes),
        }
    )  # fmt: skip


def _moved(part: GivenPart, shift: int, warp: Callable[[int], int]) -> GivenPart:
    notes = tuple(
        Note(warp(n.start), max(1, warp(n.end) - warp(n.start)), min(max(n.pitch + shift, 0), 127), n.velocity) for n in part.notes
    )
    return part.model_copy(update={"notes": notes})


def _chord(event: ChordEvent, shift: int, key: Key, own: Meter, meter: Meter, warp: Callable[[int], int]) -> ChordEvent:
    chord = event.chord.transpose(shift, key) if shift else Chord.parse(event.symbol)
    tick = warp((event.bar - 1) * own.ticks_per_bar + round((event.beat - 1) * own.ticks_per_beat))
    bar, rest = divmod(tick, meter.ticks_per_bar)
    return ChordEvent(bar=bar + 1, beat=1 + rest / meter.ticks_per_beat, symbol=str(chord), roman=chord.roman(key))


def _anchors(own: Meter, meter: Meter) -> list[tuple[int, int]]:
    """Where the beats of a bar go in a bar of another meter: (old tick, new tick), first and last bar line included.

    Of fewer beats the last ones share a beat, of more the last one is held; two quarters in a dotted beat go long, short.
    """
    old, new = own.ticks_per_bar, meter.ticks_per_bar
    beats = list(range(0, old, own.ticks_per_beat))
    places = list(range(0, new, meter.ticks_per_beat))
    if meter.is_compound and not own.is_compound and len(beats) == 2 * len(places):
        third = meter.ticks_per_beat // 3
        targets = [p + o for p in places for o in (0, 2 * third)]
    elif len(beats) > len(places):
        late = len(beats) - len(places) + 1
        targets = places[:-1] + [places[-1] + (new - places[-1]) * i // late for i in range(late)]
    else:
        targets = places[: len(beats)]
    return [*zip(beats, targets, strict=True), (old, new)]


def _warp(own: Meter, meter: Meter) -> Callable[[int], int]:
    """Ticks of one meter as ticks of another, bar by bar, straight between beats; as they are where the bars are alike."""
    if own.ticks_per_bar == meter.ticks_per_bar:
        return lambda tick: tick
    anchors = _anchors(own, meter)

    def warped(tick: int) -> int:
        bar, rest = divmod(tick, own.ticks_per_bar)
        (a, x), (b, y) = next((p, q) for p, q in pairwise(anchors) if p[0] <= rest < q[0])
        return bar * meter.ticks_per_bar + x + round((rest - a) * (y - x) / (b - a))

    return warped
