"""What a schema cannot see: every name that a pack uses exists, every numeral is a chord, every pattern is of its alphabet."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from contracts.errors import BadInput
from contracts.music import MODES, Key, Meter, Role
from services.music.packs.arrangement_table import CROSSINGS
from services.music.packs.instruments import instruments
from services.music.packs.pack import GenrePack
from services.music.packs.rhythm import DRUM_VOICES, PERCUSSION_VOICES, DrumTable, playing
from services.music.theory.roman import numerals_to_bars, parse_numeral

DRUM_CELLS, BASS_CELLS = "Xxo.", "135678vanm-."
SCHEMES = ("period", "sentence", "srdc", "riff", "call", "aab", "drift", "through", "song")
LEAD_ROLES = ("sing", "hook", "echo", "improvise", "fill", "rest")
_LEVELS = ("low", "mid", "high", "half")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SEATS = frozenset({"melody", "counter", "vinyl", "tape", "impact", "synth_bass_low", "double"}) | CROSSINGS
"""What [patches], [enter] and [rests] may name beside instruments and roles."""


class Fault(NamedTuple):
    """One thing in a pack that cannot be: where, what stands there, what may."""

    field: str
    value: object
    allowed: str


def faults(pack: GenrePack, patches: Collection[str] | None = None) -> Iterator[Fault]:
    """Everything that is wrong with a pack beyond its schema. `patches`: the sounds that there are, where they are known."""
    if not _NAME.fullmatch(pack.id):
        yield Fault("id", pack.id, "lower-case letters, digits and underscores, a letter first")
    yield from _identity(pack)
    yield from _drums(pack.drums)
    if "drum_kit" in pack.identity.band and pack.drums.play and not (pack.drums.low or pack.drums.mid or pack.drums.high):
        yield Fault("drums", "no groove", "low, mid or high with at least one voice, or play = false")
    yield from _bass(pack)
    yield from _names(pack)
    yield from _harmony(pack)
    yield from _melody(pack)
    if patches is not None:
        for seat, patch in pack.patches.items():
            if patch not in patches:
                yield Fault(f"patches.{seat}", patch, ", ".join(sorted(patches)))


def _identity(pack: GenrePack) -> Iterator[Fault]:
    low, typical, high = pack.identity.tempo_bpm
    if not 30 <= low <= typical <= high <= 300:
        yield Fault("identity.tempo_bpm", list(pack.identity.tempo_bpm), "lowest, typical and highest tempo, rising, from 30 to 300")
    for meter in pack.identity.meters:
        try:
            Meter.parse(meter)
        except BadInput as error:
            yield Fault("identity.meters", meter, error.allowed)
    if not pack.identity.meters or not pack.identity.band:
        yield Fault("identity", "empty meters or band", "at least one meter and one instrument")
    yield from _instruments("identity.band", pack.identity.band)


def _instruments(field: str, names: Iterable[str]) -> Iterator[Fault]:
    """Names that are no instruments; "electric_guitar_2" is the second of its kind."""
    for name in names:
        if re.sub(r"_\d+$", "", name) not in instruments():
            yield Fault(field, name, ", ".join(instruments()))


def _drums(table: DrumTable) -> Iterator[Fault]:
    for level in _LEVELS:
        for voice, patterns in getattr(table, level).items():
            if voice not in DRUM_VOICES:
                yield Fault(f"drums.{level}.{voice}", voice, ", ".join(DRUM_VOICES))
            yield from _alphabet(f"drums.{level}.{voice}", patterns, DRUM_CELLS)
    for voice, patterns in table.percussion.items():
        if voice not in PERCUSSION_VOICES:
            yield Fault(f"drums.percussion.{voice}", voice, ", ".join(PERCUSSION_VOICES))
        yield from _alphabet(f"drums.percussion.{voice}", patterns, DRUM_CELLS)


def _alphabet(field: str, patterns: Iterable[str], alphabet: str) -> Iterator[Fault]:
    for pattern in patterns:
        strange = sorted(set(pattern) - set(alphabet) - {" "})
        if strange:
            yield Fault(field, pattern, f"the characters {' '.join(alphabet)}")


def _bass(pack: GenrePack) -> Iterator[Fault]:
    for level in ("low", "mid", "high"):
        yield from _alphabet(f"bass.{level}", getattr(pack.bass, level), BASS_CELLS)
    if pack.bass.span[0] >= pack.bass.span[1]:
        yield Fault("bass.span", list(pack.bass.span), "lowest and highest MIDI note, rising")


def _names(pack: GenrePack) -> Iterator[Fault]:
    table, known = pack.arrangement, playing().texture
    for player, names in pack.comping.textures.items():
        yield from _instruments("comping.textures", [player])
        for name in names:
            if name not in known:
                yield Fault(f"comping.textures.{player}", name, ", ".join(sorted(known)))
    yield from _instruments("arrangement.extras", table.extras)
    yield from _instruments("arrangement.lines", table.lines)
    yield from _instruments("melody.leads", pack.melody.leads)
    yield from _instruments("melody.counter", pack.melody.counter)
    seats = {*map(str, Role), *_SEATS}
    yield from _instruments("arrangement.enter", (n for n in table.enter if n not in seats))
    yield from _instruments("arrangement.rests", (n for names in table.rests.values() for n in names if n not in seats))
    yield from _instruments("patches", (n for n in pack.patches if n not in seats))


def _harmony(pack: GenrePack) -> Iterator[Fault]:
    table = pack.harmony
    for index, unit in enumerate(table.units):
        if unit.mode not in MODES:
            yield Fault(f"harmony.units.{index}.mode", unit.mode, ", ".join(MODES))
        else:
            yield from _numerals(f"harmony.units.{index}.bars", unit.bars, f"C {unit.mode}")
    for third in ("major", "minor"):
        for name, endings in (("open_endings", table.open_endings), ("closed_endings", table.closed_endings)):
            for bars in endings.get(third, ()):
                yield from _numerals(f"harmony.{name}.{third}", bars, f"C {third}")
            if third not in endings:
                yield Fault(f"harmony.{name}", sorted(endings), "major and minor")
        yield from _numerals(f"harmony.tonic.{third}", table.tonic.get(third, "I"), f"C {third}")
    for rule in table.substitutions:
        yield from _numerals("harmony.substitutions", rule.put, "C major")
    for numeral, suffixes in table.colours.items():
        for suffix in suffixes:
            yield from _numerals(f"harmony.colours.{numeral}", numeral + suffix, "C major")


def _numerals(field: str, bars: str, key: str) -> Iterator[Fault]:
    for bar in numerals_to_bars(bars):
        for numeral in bar:
            try:
                parse_numeral(numeral, Key.parse(key))
            except BadInput as error:
                yield Fault(field, numeral, error.allowed)


def _melody(pack: GenrePack) -> Iterator[Fault]:
    table = pack.melody
    for rhythm in table.rhythms:
        if not re.fullmatch(r"[x.]{16}", rhythm):
            yield Fault("melody.rhythms", rhythm, "16 characters x or . for a bar of 4/4")
    for cell in table.cells:
        if not re.fullmatch(r"[x.]{3,4}|[x.]{6}", cell):
            yield Fault("melody.cells", cell, "3, 4 or 6 characters x or . for a beat")
    for name in (*table.schemes, *table.hook_schemes):
        if name not in SCHEMES:
            yield Fault("melody.schemes", name, ", ".join(SCHEMES))
    for role in table.roles.values():
        if role not in LEAD_ROLES:
            yield Fault("melody.roles", role, ", ".join(LEAD_ROLES))
