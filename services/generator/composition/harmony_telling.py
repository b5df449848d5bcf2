"""The harmony in a musician's words: where phrases are bound for, which chords are foreign and why, how sections end."""

from collections.abc import Sequence
from itertools import pairwise

from contracts.music import Chord, Key
from services.generator.composition.form import Form, Slot
from services.generator.composition.harmony import SectionHarmony
from services.music.theory.analysis import Reading, cadence, read_chords_in
from services.music.theory.roman import numeral_of

_CADENCES = {
    "authentic": "closes with {a}–{b}",
    "half": "ends on its dominant {b}",
    "plagal": "closes softly by {a}–{b}",
    "deceptive": "slips from {a} to {b} instead of home",
    "modal": "comes home by {a}–{b}",
    "backdoor": "comes home by the back door {a}–{b}",
    "open": "is left open on {b}",
}
_MOST = 3
_BLUE_DEGREES = frozenset({0, 5, 10})


def harmony_why(form: Form, harmony: dict[str, SectionHarmony], key: Key) -> str:
    """Why these progressions, in Roman numerals; stated chords are only named as such."""
    written = [slot for slot in form.slots if not harmony[slot.id].stated]
    stated = len(written) < len(form.slots)
    parts = ["the chords were stated and are kept bar by bar"] if stated else []
    if not written:
        return parts[0]
    if not stated:
        parts.append(f"progressions of the style in {key}, each kept when its section returns")
    parts += _contrast(harmony, written)
    parts += foreign(written, harmony)
    parts += [remark for slot in form.slots for remark in harmony[slot.id].remarks]
    parts += _endings(form, harmony, written)
    return "; ".join(parts)


def foreign(slots: Sequence[Slot], harmony: dict[str, SectionHarmony]) -> list[str]:
    """The chords that are not of the key, each once, with what they are for."""
    told: dict[str, str] = {}
    order = list(harmony)
    blue = _is_blue(harmony)
    for slot in slots:
        section = harmony[slot.id]
        place = order.index(slot.id) + 1
        onward = harmony[order[place]].events[:1] if place < len(order) else ()
        leaves = place < len(order) and harmony[order[place]].key != section.key
        chords = [event.chord for event in section.events]
        around = [*chords, *(event.chord for event in onward)]
        for index, reading in enumerate(read_chords_in(around, section.key)[: len(chords)]):
            if reading.origin == "diatonic" or (leaves and index >= len(chords) - 2):
                continue  # the last chords before another key are told with the modulation
            if blue and (reading.chord.root_class - section.key.tonic_class) % 12 in _BLUE_DEGREES and 10 in reading.chord.intervals:
                continue
            after = next((c for c in around[index + 1 :] if c.root_class != reading.chord.root_class), None)
            told.setdefault(str(reading.chord), _foreign(reading, after, section.key, slot))
    return list(told.values())[:_MOST]


def _is_blue(harmony: dict[str, SectionHarmony]) -> bool:
    """Whether the tonic itself is mostly a seventh chord: then sevenths on I, IV and bVII are the style's own."""
    homes = [e.chord for s in harmony.values() for e in s.events if e.chord.root_class == s.key.tonic_class]
    return 2 * sum(10 in chord.intervals and 4 in chord.intervals for chord in homes) > len(homes)


def _foreign(reading: Reading, after: Chord | None, key: Key, slot: Slot) -> str:
    """One foreign chord in words."""
    name, where = f"{reading.chord} ({reading.numeral})", slot.label.replace("_", " ")
    follows = f" {after}" if after is not None else " what follows"
    match reading.origin:
        case "applied":
            return f"in the {where} {name} pulls to{follows} as its own dominant"
        case "substitute":
            return f"in the {where} {name} stands a tritone away for the dominant and slides down to{follows}"
        case "passing":
            return f"in the {where} {name} joins its neighbours by semitones in the bass"
        case "borrowed":
            other = "major" if key.is_minor else "minor"
            effect = "brightens" if key.is_minor else "darkens"
            return f"in the {where} {name}, borrowed from {key.tonic} {other}, {effect} the way to{follows}"
        case _:
            return f"in the {where} {name} colours the way to{follows}"


def _contrast(harmony: dict[str, SectionHarmony], written: Sequence[Slot]) -> list[str]:
    """How the chorus differs from the verse."""
    verse = next((s for s in written if s.function in ("verse", "groove")), None)
    chorus = next((s for s in written if s.function in ("chorus", "drop")), None)
    if verse is None or chorus is None or harmony[verse.id].key != harmony[chorus.id].key:
        return []
    key = harmony[chorus.id].key
    one, two = ([_plain(event.chord, key) for event in harmony[s.id].events] for s in (verse, chorus))
    fresh = list(dict.fromkeys(n for n in two if n not in one))[:2]
    label = chorus.label.replace("_", " ")
    start = f"the {label} begins on the tonic" if two[0].upper() == "I" else f"the {label} sets out from {two[0]} instead of the tonic"
    if one == two:
        return [f"verse and {label} share one progression"]
    return [start + (f" and brings {' and '.join(fresh)}, new to the song" if fresh else "")]


def _endings(form: Form, harmony: dict[str, SectionHarmony], written: Sequence[Slot]) -> list[str]:
    """How verse, pre-chorus and chorus end, and the song."""
    found: list[str] = []
    names = {slot.id for slot in written}
    for slot, following in pairwise(form.slots):
        first = slot.occurrence == 1 and slot.function in ("verse", "prechorus", "chorus", "bridge", "theme", "head")
        chords = [event.chord for event in harmony[slot.id].events]
        changes = [
            c for i, c in enumerate(chords) if not i or (c.root_class, c.quality) != (chords[i - 1].root_class, chords[i - 1].quality)
        ]
        if slot.id not in names or not first or len(changes) < 2 or harmony[following.id].key != harmony[slot.id].key:
            continue
        key = harmony[slot.id].key
        a, b = changes[-2:]
        kind = cadence(a, b, key)
        text = _CADENCES[kind].format(a=_named(a, key), b=_named(b, key))
        if kind == "open" and b.root_class == key.tonic_class:
            text = f"comes to rest on {_named(b, key)}"
        answered = harmony[following.id].events[0].chord.root_class == key.tonic_class and kind == "half"
        found.append(f"the {slot.label.replace('_', ' ')} {text}" + (f", which the {following.function} resolves" if answered else ""))
    return found[:_MOST]


def _named(chord: Chord, key: Key) -> str:
    """The numeral of a chord; one without a third takes the key's own, as players hear it."""
    if 3 in chord.intervals or 4 in chord.intervals or chord.quality != "5":
        return numeral_of(chord, key)
    minor = (chord.root_class + 3) % 12 in key.pitch_classes and (chord.root_class + 4) % 12 not in key.pitch_classes
    return numeral_of(Chord(chord.root, "m" if minor else ""), key) + "5"


def _plain(chord: Chord, key: Key) -> str:
    if 3 not in chord.intervals and 4 not in chord.intervals:
        return _named(Chord(chord.root, "5"), key).removesuffix("5")
    return numeral_of(Chord(chord.root, "m" if chord.is_minor else ""), key)
