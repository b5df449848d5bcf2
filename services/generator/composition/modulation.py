"""Where a song changes key: the last chorus a step higher, or a bridge in a near key, reached through a chord that both keys share."""

from dataclasses import dataclass

from contracts.music import Chord, Key
from services.generator.composition.form import Form, Slot
from services.generator.composition.unit_writer import Bars
from services.music.packs.harmony_table import HarmonyTable
from services.music.rng import rng
from services.music.theory.roman import numeral_of, parse_numeral

# Semitones and mode of the near keys, by third of home.
_NEAR = {
    "major": {
        "relative": (9, "minor"), "dominant": (7, "major"), "subdominant": (5, "major"), "parallel": (0, "minor"), "mediant": (8, "major"),
    },
    "minor": {
        "relative": (3, "major"), "dominant": (7, "minor"), "subdominant": (5, "minor"), "parallel": (0, "major"), "mediant": (8, "major"),
    },
}  # fmt: skip
_SHARED = {"major": ("ii", "IV", "vi", "I", "iii"), "minor": ("iv", "bVI", "i", "bIII", "v")}
_LIFTS = {1: 0.65, 2: 0.35}


@dataclass(frozen=True)
class Modulation:
    """A move to another key: from which section on, and what is told about it. `back`: the song returns home after the section."""

    slot: str
    key: Key
    kind: str
    back: bool


def planned(table: HarmonyTable, form: Form, home: Key, seed: int, *, allowed: bool) -> list[Modulation]:
    """The song's modulations: a seeded few lift their last chorus, a few send their bridge to a near key.

    Billboard: lifts of +1 in half of the cases, +2 in a quarter; one song in ten changes its key.
    """
    if not allowed:
        return []
    found: list[Modulation] = []
    draw = rng(seed, "composition", "harmony", "lift")
    choruses = [slot for slot in form.slots if slot.function == "chorus"]
    if form.ending != "loop" and len(choruses) >= 3 and draw.random() < table.lift_share:
        step = 1 if draw.random() < _LIFTS[1] else 2
        found.append(Modulation(choruses[-1].id, home.transpose(step), "lift", back=False))
    away = rng(seed, "composition", "harmony", "away")
    slot = _middle(form)
    if slot is not None and home.mode in ("major", "minor") and away.random() < table.modulation_share:
        kinds = list(table.modulations)
        total = sum(table.modulations.values())
        kind = kinds[int(away.choice(len(kinds), p=[table.modulations[k] / total for k in kinds]))]
        semitones, mode = _NEAR[home.mode][kind]
        found.append(Modulation(slot.id, _spelled(home, semitones, mode), kind, back=True))
    return found


def _middle(form: Form) -> Slot | None:
    """The bridge or contrast that can leave home: not at the edges of the song, with room for the way back."""
    inner = form.slots[1:-1]
    return next((s for s in inner if s.function in ("bridge", "contrast") and s.bars >= 6), None)


def _spelled(home: Key, semitones: int, mode: str) -> Key:
    """A key so many semitones above the home tonic, the parallel one on the same letter."""
    if semitones == 0:
        return Key(home.tonic, mode)
    moved = Key(home.tonic, mode).transpose(semitones)
    near = parse_numeral({9: "vi", 7: "V", 5: "IV", 3: "bIII", 8: "bVI"}[semitones], home).root
    return Key(near, mode) if Key(near, mode).tonic_class == moved.tonic_class else moved


def pivot(home: Key, new: Key) -> Chord | None:
    """The chord that belongs to both keys and prepares the new dominant best."""
    ours = {Chord(c.root, c.quality) for c in (parse_numeral(n, home) for n in _triads(home))}
    classes = {tuple(sorted(c.pitch_classes)): c for c in ours}
    for numeral in _SHARED[new.mode]:
        chord = parse_numeral(numeral, new)
        found = classes.get(tuple(sorted(chord.pitch_classes)))
        if found is not None:
            return found
    return None


def _triads(key: Key) -> tuple[str, ...]:
    return ("I", "ii", "iii", "IV", "V", "vi") if key.mode == "major" else ("i", "bIII", "iv", "v", "bVI", "bVII")


def approach(written_in: Key, bound_for: Key) -> Bars:
    """Two bars that lead from one key into the other, in numerals of the first: the shared chord, then the new dominant."""
    shared = pivot(written_in, bound_for)
    dominant = parse_numeral("V7", bound_for)
    middle = [[numeral_of(shared, written_in)]] if shared is not None else [[numeral_of(parse_numeral("V7sus4", bound_for), written_in)]]
    return [*middle, [numeral_of(dominant, written_in)]]


def told(move: Modulation, home: Key) -> str:
    """The move in a musician's words."""
    new = _named(move.key)
    if move.kind == "lift":
        step = "a semitone" if (move.key.tonic_class - home.tonic_class) % 12 == 1 else "a whole tone"
        return f"the last chorus lifts {step} to {new}, straight over the bar line"
    where = move.slot.replace("_", " ")
    shared = pivot(home, move.key)
    if shared is None:
        return f"{where} goes to {new}, the {move.kind} key, through its dominant {parse_numeral('V7', move.key)}, and comes home by V7"
    both = f"{numeral_of(shared, home)} in {_named(home)}, {numeral_of(shared, move.key)} in {new}"
    return f"{where} goes to {new}, the {move.kind} key, through the pivot chord {shared} ({both}), and comes home by V7"


def _named(key: Key) -> str:
    return f"{key.tonic} {key.mode}"
