"""Options as stated facts: the same parsers as for the prompt, but strict, and with the field named."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from contracts.context import Options
from contracts.errors import BadInput
from contracts.music import Meter
from services.enhancer.reading.chords import Progressions, parse_chords
from services.enhancer.reading.durations import check_duration
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.keys import parse_key
from services.enhancer.reading.structure import Plan, parse_structure
from services.enhancer.reading.tables import table
from services.enhancer.reading.tempo import check_bpm
from services.enhancer.reading.text import words_of
from services.enhancer.reading.vocabulary import FAMILY, GENRE, HYBRID, INSTRUMENT, MOOD, vocabulary
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods

T = TypeVar("T")


@dataclass(frozen=True)
class Stipulated:
    """What the options state. None or empty: not stated."""

    tempo: Finding[float] | None = None
    key: Finding[str] | None = None
    meter: Finding[str] | None = None
    duration: Finding[float] | None = None
    genres: Finding[tuple[str, ...]] | None = None
    moods: Finding[tuple[str, ...]] | None = None
    wanted: Finding[tuple[str, ...]] | None = None
    unwanted: Finding[tuple[str, ...]] | None = None
    chords: Progressions | None = None
    structure: Finding[Plan] | None = None
    ending: Finding[str] | None = None
    energy: Finding[float] | None = None
    valence: Finding[float] | None = None


def read_options(options: Options) -> Stipulated:
    """The options as findings. Raises BadInput naming field, value and what is allowed."""
    wanted = _names("instruments", options.instruments)
    unwanted = _names("without", options.without)
    clash = sorted(set(wanted) & set(unwanted))
    if clash:
        raise BadInput("without", ", ".join(clash), "instruments that `instruments` does not ask for")
    if set(unwanted) >= set(instruments()):
        raise BadInput("without", ", ".join(options.without), "at least one instrument must be left to play")
    return Stipulated(
        tempo=None if options.bpm is None else _fact("bpm", check_bpm(options.bpm, f"{options.bpm:g}")),
        key=_fact("key", parse_key(options.key)) if options.key else None,
        meter=_fact("meter", str(Meter.parse(options.meter))) if options.meter else None,
        duration=None
        if options.duration_s is None
        else _fact("duration_s", check_duration(options.duration_s, f"{options.duration_s:g} s")),
        genres=_fact("genre", _genres(options.genre)) if options.genre else None,
        moods=_fact("moods", _moods(options.moods)) if options.moods else None,
        wanted=_fact("instruments", wanted) if wanted else None,
        unwanted=_fact("without", unwanted) if unwanted else None,
        chords=parse_chords(options.chords) if options.chords else None,
        structure=_fact("structure", parse_structure(options.structure), options.structure) if options.structure else None,
        ending=_fact("ending", str(options.ending)) if options.ending else None,
        energy=None if options.energy is None else _fact("energy", options.energy),
        valence=None if options.valence is None else _fact("valence", options.valence),
    )


def _fact(field: str, value: T, shown: str | None = None) -> Finding[T]:
    if shown is None:
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
    return Finding(value, f"{field}={shown}", 1.0, "stated as an option")


def _genres(value: str) -> tuple[str, ...]:
    """A pack, one of its synonyms, or a mixture such as "jazz-hop"; several may be joined by a comma or a plus."""
    found: list[str] = []
    for name in value.replace("+", ",").split(","):
        senses = vocabulary().senses(words_of(name) or ("",))
        packs = [n for kind, n in senses if kind == GENRE] or [p for kind, n in senses if kind == HYBRID for p in table("hybrids")[n]]
        if not packs:
            raise _unknown("genre", name.strip(), genres(), (s for pack in genres().values() for s in pack.synonyms))
        found += packs
    return tuple(dict.fromkeys(found))


def _moods(values: Iterable[str]) -> tuple[str, ...]:
    found = []
    for value in values:
        for name in value.split(","):
            senses = vocabulary().senses(words_of(name) or ("",))
            named = [n for kind, n in senses if kind == MOOD]
            if not named:
                raise _unknown("moods", name.strip(), moods(), (s for mood in moods().values() for s in mood.synonyms))
            found.append(named[0])
    return tuple(dict.fromkeys(found))


def _names(field: str, values: Iterable[str]) -> tuple[str, ...]:
    found: list[str] = []
    for value in values:
        for name in value.split(","):
            if name.strip().lower() in instruments():
                found.append(name.strip().lower())
                continue
            senses = vocabulary().senses(words_of(name) or ("",))
            families = [table("instruments_extra")["families"][n] for kind, n in senses if kind == FAMILY]
            ids = [n for kind, n in senses if kind == INSTRUMENT]
            if families:
                found += families[0]["without" if field == "without" else "with"]
            elif ids:
                found.append(ids[0])
            else:
                raise _unknown(field, name.strip(), instruments(), (s for entry in instruments().values() for s in entry.synonyms))
    return tuple(dict.fromkeys(found))


def _unknown(field: str, value: str, known: Iterable[str], synonyms: Iterable[str]) -> BadInput:
    ids = list(known)
    close = difflib.get_close_matches(value.lower(), [*ids, *synonyms], n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(close)}?" if close else ""
    return BadInput(field, value, ", ".join(ids), hint=hint)
