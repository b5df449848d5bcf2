"""Our songs for the judge: briefs that state little, scores written by the generator, pieces in the form of the real ones."""

import random
import re
from collections import Counter
from dataclasses import dataclass

from contracts.brief import Brief, Source, Stated
from contracts.music import PPQ, Key, Note, Role, Score
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from tests.evaluation.piece import BAR, Phrase, Piece, Span, Tone

STEP = PPQ // 4
COVERED = ("pop", "rock", "folk", "country", "rnb_soul")
"""Styles that the real songs cover."""
_MAJORS, _MINORS = ("C major", "G major", "Eb major", "A major", "F major"), ("A minor", "D minor", "F# minor", "C minor", "E minor")
_PHRASE = 8


@dataclass(frozen=True)
class Written:
    """A song in both states: as composed (quantised) and as the band plays it."""

    brief: Brief
    seed: int
    composed: Score
    arranged: Score


def covered() -> tuple[str, ...]:
    """The covered styles that exist as packs."""
    return tuple(style for style in COVERED if style in genres())


def brief_of(style: str, seed: int = 0, seconds: float = 180.0, **stated: object) -> Brief:
    """A brief that states the genre only; tempo and key vary with the seed as the style's songs do. `stated` overrides and states."""
    identity, draw = genres()[style].identity, random.Random(f"{style} {seed}")
    low, middle, high = identity.tempo_bpm
    values: dict[str, object] = {
        "tempo_bpm": float(round(draw.triangular(low, high, middle))), "meter": "4/4", "duration_s": seconds, "genres": (style,),
        "key": draw.choice(_MINORS if draw.random() < identity.minor_share else _MAJORS), "moods": (), "energy": identity.energy,
        "valence": identity.valence, "instruments_with": identity.band, "instruments_without": (), "structure": (), "chords": {},
        "production": (), "use": "",
    }  # fmt: skip
    fields = {
        name: Stated(value=stated.get(name, value), source=Source.STATED if name in stated else Source.INFERRED)
        for name, value in values.items()
    }
    return Brief.model_validate({name: field.model_dump() for name, field in fields.items()})


def write(brief: Brief, seed: int) -> Written:
    """Compose and arrange."""
    composed = compose(brief, seed).score
    return Written(brief, seed, composed, arrange(composed, brief, seed).score)


def piece_of(song: Written, name: str = "") -> Piece:
    """A song in 4/4 as a piece: melody where the composer wrote it, as loud as it is played; the band quantised to sixteenths.

    The accompaniment is one player's at a time, as in the real songs, which have a piano only: see `_accompanist`.
    """
    score, band = song.composed, song.arranged.parts
    loud = {p: [t.velocity for t in _tones(band[p].notes)] for p in ("melody",) if p in band}
    melody = _tones(score.parts["melody"].notes) if "melody" in score.parts else []
    velocities = loud.get("melody", [])
    if len(velocities) == len(melody):
        melody = [Tone(t.step, t.length, t.pitch, v) for t, v in zip(melody, velocities, strict=True)]
    comps = [part for part in band.values() if part.role is Role.HARMONY and part.notes]
    comps.sort(key=lambda part: instruments()[part.instrument].family != "keys")
    players = [tuple(_tones(part.notes)) for part in comps]
    return Piece(
        name=name or f"{score.genre} {song.seed}",
        bars=score.bars,
        melody=tuple(sorted(melody)),
        comping=_accompanist(score, players),
        counter=tuple(tone for part in band.values() if part.role is Role.COUNTER for tone in _tones(part.notes)),
        bass=tuple(tone for part in band.values() if part.role is Role.BASS for tone in _tones(part.notes)),
        chords=tuple(_spans(score)),
        keys=_keys(score),
        phrases=tuple(_phrases(score, sorted(melody))),
        players=tuple(players),
    )


def _accompanist(score: Score, players: list[tuple[Tone, ...]]) -> tuple[Tone, ...]:
    """In each section the first player (keys before others) who plays in as many of its bars as anybody."""
    found: list[Tone] = []
    for section in score.sections.values():
        bars = range(section.start_bar - 1, section.end_bar - 1)
        inside = [[tone for tone in player if tone.bar in bars] for player in players]
        found += max(inside, key=lambda tones: len({tone.bar for tone in tones}), default=[])
    return tuple(sorted(found))


def _tones(notes: tuple[Note, ...]) -> list[Tone]:
    return [Tone(round(note.start / STEP), note.duration / STEP, note.pitch, note.velocity) for note in notes]


def _spans(score: Score) -> list[Span]:
    events = score.chord_events()
    starts = [round(score.bar_tick(event.bar, event.beat) / STEP) for event in events] + [score.bars * BAR]
    chords = [event.chord for event in events]
    return [
        Span(start, end, chord.root_class, chord.bass_class, frozenset(chord.pitch_classes))
        for chord, start, end in zip(chords, starts, starts[1:], strict=False)
        if end > start
    ]


def _keys(score: Score) -> tuple[tuple[int, int, bool], ...]:
    found = []
    for section in score.sections.values():
        key = Key.parse(section.key)
        found.append(((section.start_bar - 1) * BAR, key.tonic_class, key.is_minor))
    return tuple(found) or ((0, score.key_value.tonic_class, score.key_value.is_minor),)


def _phrases(score: Score, melody: list[Tone]) -> list[Phrase]:
    """Sections cut into phrases of eight bars; the letter is the section's label and the phrase's place in it.

    The labels of real songs mark sung phrases of 4 to 9 bars; a phrase is sung where the melody fills a third of its bars.
    """
    bars = Counter(tone.bar for tone in melody)
    found = []
    for section in score.sections.values():
        start = section.start_bar - 1
        sizes = [_PHRASE] * (section.bars // _PHRASE) + [section.bars % _PHRASE] * bool(section.bars % _PHRASE)
        if len(sizes) > 1 and sizes[-1] < 3:
            sizes[-2:] = [_PHRASE + sizes[-1]]
        for place, size in enumerate(sizes):
            sung = sum(bars[n] > 0 for n in range(start, start + size)) >= size / 3
            found.append(Phrase(f"{re.sub(r'[ _]?[0-9]+$', '', section.label)}.{place}", start, size, sung))
            start += size
    return found
