"""Which section of a song answers to which section of its reference, and which sections a record is known by."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.features import Features, HeardSection
from contracts.music.score import Score

Bands = NDArray[np.float64]

LEAST_S = 6.0
"""A shorter section says too little about its tone: in third octaves of the bass it holds a note or two."""
MOST_KEY = 4
HIGHEST, LOWEST, APART = 0.9, 0.2, 1.25
_KIN: tuple[frozenset[str], ...] = (
    frozenset({"chorus", "drop", "hook", "refrain", "head", "theme", "postchorus", "climax", "b"}),
    frozenset({"verse", "groove", "vamp", "loop", "strophe", "a"}),
    frozenset({"bridge", "breakdown", "interlude", "contrast", "break", "solo", "c"}),
    frozenset({"prechorus", "build"}),
    frozenset({"intro", "opening"}),
    frozenset({"outro", "ending", "coda"}),
)
_NUMBER = re.compile(r"[ _-]*\d+$")


@dataclass(frozen=True)
class Place:
    """A section of our own in time. `energy` 0–1."""

    id: str
    label: str
    start_s: float
    end_s: float
    energy: float

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class KeySection:
    """Sections by which the reference is known, all alike, and ours that answer to them.

    `spectrum_db`: level per third octave of `Features.spectrum_hz`, dB relative to their sum; `loudness_lufs` where it was measured.
    """

    name: str
    theirs: tuple[int, ...]
    ours: tuple[str, ...]
    spectrum_db: tuple[float, ...]
    loudness_lufs: float | None = None


def places(score: Score) -> tuple[Place, ...]:
    """The sections of a score in seconds, in order; the last one rings to the end of the song."""
    found = []
    for name, section in sorted(score.sections.items(), key=lambda item: item[1].start_bar):
        start, end = score.seconds_at(score.bar_tick(section.start_bar)), score.seconds_at(score.bar_tick(section.end_bar))
        found.append(Place(name, section.label, start, end, section.energy))
    if found:
        last = found[-1]
        found[-1] = Place(last.id, last.label, last.start_s, max(last.end_s, score.duration_s), last.energy)
    return tuple(found)


def plain_label(label: str) -> str:
    """A label without its number: "Verse 2" is "verse"."""
    return _NUMBER.sub("", label.strip().lower()).replace(" ", "").replace("-", "").replace("_", "")


def octave_between(ours_bpm: float, features: Features) -> float:
    """How a tempo counts against the one that was heard: 2 where one of its bars is two of ours, 0.5, or 1 for all that is near."""
    if features.tempo_bpm is None or features.tempo_bpm.value <= 0 or ours_bpm <= 0:
        return 1.0
    return float(2.0 ** np.clip(np.round(np.log2(ours_bpm / features.tempo_bpm.value)), -1, 1))


def playing_energies(theirs: Sequence[HeardSection]) -> tuple[float, ...]:
    """How much is played in each section of a reference, 0–1, as our arrangements count it.

    A record is levelled: what is heard of its sections lies closer together than what their players do. Against the highest one
    the distances are drawn apart (111 sections of our own songs: heard against written, slope .78 with r .64).
    """
    if not theirs:
        return ()
    most = max(section.energy for section in theirs)
    return tuple(round(min(max(HIGHEST + APART * (section.energy - most), LOWEST), 1.0), 2) for section in theirs)


def counterparts(theirs: Sequence[HeardSection], ours: Sequence[Place]) -> dict[str, int]:
    """For each of our sections the index of the reference's that it answers to; empty where the reference has none.

    Forms with the same labels in the same order answer one by one. Else a section answers to the one of its name that comes as
    often before, else to one of its kind (a drop to a chorus), else to the one as high in energy among its own.
    """
    if not theirs or not ours:
        return {}
    names, wanted = [plain_label(s.label) for s in theirs], [plain_label(p.label) for p in ours]
    if names == wanted:
        return {place.id: index for index, place in enumerate(ours)}
    found: dict[str, int] = {}
    seen: dict[str, int] = {}
    for place, name in zip(ours, wanted, strict=True):
        same = [i for i, other in enumerate(names) if other == name] or [i for i, other in enumerate(names) if _kin(name) & _kin(other)]
        turn = seen.get(name, 0)
        seen[name] = turn + 1
        found[place.id] = same[min(turn, len(same) - 1)] if same else _as_high(place, ours, theirs)
    return found


def key_sections(features: Features, score: Score) -> tuple[KeySection, ...]:
    """The sections that a reference is known by and that our song answers: its loudest, its most repeated, chorus and verse.

    Sections of one letter count as one. Empty where the reference's form or its spectra are not known.
    """
    theirs, ours = features.sections, places(score)
    if not theirs or any(len(s.spectrum_db) != len(features.spectrum_hz) or not s.spectrum_db for s in theirs):
        return ()
    answers = counterparts(theirs, ours)
    groups: dict[str, list[int]] = {}
    for index, section in enumerate(theirs):
        groups.setdefault(section.letter or plain_label(section.label), []).append(index)
    found = []
    for name, members in groups.items():
        replies = [place for place in ours if answers[place.id] in members]
        long = sum(theirs[i].end_s - theirs[i].start_s for i in members)
        if long < LEAST_S or sum(place.seconds for place in replies) < LEAST_S:
            continue
        loudness = _loudness(theirs, members)
        found.append((_named(theirs, members, name), members, replies, loudness, long))
    chosen = _known_by(found, theirs)
    return tuple(
        KeySection(name, tuple(members), tuple(place.id for place in replies), _spectrum(theirs, members), loudness)
        for index, (name, members, replies, loudness, _) in enumerate(found)
        if index in chosen
    )


_Found = tuple[str, list[int], list[Place], float | None, float]


def _known_by(found: list[_Found], theirs: Sequence[HeardSection]) -> set[int]:
    """Indices of the groups by which the record is known."""
    if len(found) <= 1:
        return set(range(len(found)))
    order = range(len(found))

    def loud(i: int) -> float:
        loudness = found[i][3]
        return loudness if loudness is not None else 40.0 * max(theirs[j].energy for j in found[i][1]) - 60.0

    ranked = [max(order, key=lambda i: (len(found[i][1]), found[i][4])), max(order, key=loud), max(order, key=lambda i: found[i][4])]
    ranked += [i for i in order for j in found[i][1][:1] if plain_label(theirs[j].label) in ("chorus", "drop")]
    ranked += [i for i in order for j in found[i][1][:1] if plain_label(theirs[j].label) == "verse"]
    return set(list(dict.fromkeys(ranked))[:MOST_KEY])


def _named(theirs: Sequence[HeardSection], members: list[int], group: str) -> str:
    labels = [plain_label(theirs[i].label) for i in members]
    label = max(dict.fromkeys(labels), key=labels.count)
    return f"{label} {group}" if group and group != label else label


def _kin(name: str) -> frozenset[str]:
    return next((kin for kin in _KIN if name in kin), frozenset({name}))


def _as_high(place: Place, ours: Sequence[Place], theirs: Sequence[HeardSection]) -> int:
    """The section of the reference that stands as high in energy among its own as ours does."""
    share = sum(other.energy < place.energy for other in ours) / max(len(ours) - 1, 1)
    ranked = sorted(range(len(theirs)), key=lambda i: (theirs[i].energy, i))
    return ranked[min(round(share * (len(theirs) - 1)), len(theirs) - 1)]


def _loudness(theirs: Sequence[HeardSection], members: list[int]) -> float | None:
    known = [(theirs[i].loudness_lufs, theirs[i].end_s - theirs[i].start_s) for i in members]
    if any(level is None for level, _ in known):
        return None
    power = sum(seconds * 10 ** ((level or 0.0) / 10) for level, seconds in known) / sum(seconds for _, seconds in known)
    return float(10 * np.log10(max(power, 1e-12)))


def _spectrum(theirs: Sequence[HeardSection], members: list[int]) -> tuple[float, ...]:
    """The spectrum of several sections together, by their powers."""
    total: Bands = np.zeros(len(theirs[members[0]].spectrum_db))
    for i in members:
        section = theirs[i]
        level = section.loudness_lufs if section.loudness_lufs is not None else -20.0
        total += (section.end_s - section.start_s) * 10 ** ((np.asarray(section.spectrum_db) + level) / 10)
    total = total / max(float(total.sum()), 1e-20)
    return tuple(float(x) for x in 10 * np.log10(np.maximum(total, 1e-12)))
