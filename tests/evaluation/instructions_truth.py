"""The songs that instructions are spoken over, and the truth of each instruction as a line of edits.

A line holds edits separated by ";", each a kind and its fields: `level parts=drums sections=verse_2 db<0`. Parts and sections that are not
named must be empty (or all there are); `!` before a list means all but these; every other field counts only where it is named, and a `_`
in a value stands for a space.
`name.field` is a channel of the mix, a bare field of a mix edit one of its changes. `refused`: nothing can be made of it.
`unread=word`: that word must be told as not understood; without it nothing may be left unread.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from contracts.edits import Outline, PartOutline, SectionOutline

TABLE = Path(__file__).with_name("instructions.toml")
HELD = Path(__file__).with_name("instructions_held.toml")
THIRD = Path(__file__).with_name("instructions_third.toml")
SECOND = Path(__file__).with_name("instructions_second.toml")
FOURTH = Path(__file__).with_name("instructions_fourth.toml")
FIFTH = Path(__file__).with_name("instructions_fifth.toml")
SIXTH = Path(__file__).with_name("instructions_sixth.toml")
SEVENTH = Path(__file__).with_name("instructions_seventh.toml")


def _outline(
    head: tuple[float, str, str],
    sections: list[tuple[str, str, int, float]],
    parts: list[tuple[str, str, str, str]],
    lyrics: dict[str, tuple[str, ...]] | None = None,
) -> Outline:
    tempo, key, genre = head
    placed, bar = {}, 1
    for name, label, bars, energy in sections:
        placed[name] = SectionOutline(label=label, start_bar=bar, bars=bars, energy=energy)
        bar += bars
    return Outline(
        tempo_bpm=tempo,
        key=key,
        meter="4/4",
        genre=genre,
        duration_s=(bar - 1) * 240 / tempo,
        sections=placed,
        parts={name: PartOutline(role=role, instrument=instrument, patch=patch) for name, role, instrument, patch in parts},
        lyrics=lyrics or {},
    )


SONGS: dict[str, Outline] = {
    "pop": _outline(
        (120.0, "A minor", "pop"),
        [
            ("intro", "intro", 4, 0.3), ("verse_1", "verse", 8, 0.45), ("chorus_1", "chorus", 8, 0.8), ("verse_2", "verse", 8, 0.5),
            ("chorus_2", "chorus", 8, 0.85), ("bridge", "bridge", 8, 0.4), ("chorus_3", "chorus", 8, 0.95), ("outro", "outro", 4, 0.3),
        ],
        [
            ("melody", "vocal", "vocals", "voice_oohs"), ("drums", "drums", "drum_kit", "kit_acoustic"),
            ("percussion", "percussion", "percussion", ""), ("bass", "bass", "bass_guitar", ""),
            ("acoustic_piano", "harmony", "acoustic_piano", ""), ("electric_guitar", "harmony", "electric_guitar", ""),
            ("string_ensemble", "pad", "string_ensemble", ""),
        ],
    ),
    "house": _outline(
        (124.0, "F minor", "house"),
        [
            ("intro", "intro", 16, 0.3), ("build_1", "build", 8, 0.6), ("drop_1", "drop", 16, 0.9), ("breakdown", "breakdown", 16, 0.3),
            ("build_2", "build", 8, 0.6), ("drop_2", "drop", 16, 1.0), ("outro", "outro", 16, 0.3),
        ],
        [
            ("melody", "melody", "synthesizer", "supersaw_lead"), ("drums", "drums", "drum_kit", "kit_909"),
            ("percussion", "percussion", "percussion", ""), ("bass", "bass", "synth_bass", "house_bass"),
            ("pluck_synth", "harmony", "pluck_synth", "arp_pluck"), ("pad_synth", "pad", "pad_synth", "warm_pad"),
            ("riser", "fx", "riser", "noise_riser"),
        ],
    ),
    "jazz": _outline(
        (140.0, "Bb major", "jazz"),
        [("head_1", "head", 32, 0.5), ("solo", "solo", 32, 0.8), ("head_2", "head", 32, 0.6), ("outro", "outro", 4, 0.3)],
        [
            ("melody", "melody", "saxophone", "sax_tenor"), ("counter", "counter", "trumpet", ""), ("bass", "bass", "double_bass", ""),
            ("acoustic_piano", "harmony", "acoustic_piano", ""), ("drums", "drums", "drum_kit", "kit_jazz"),
        ],
    ),
    "ballad": _outline(
        (72.0, "C major", "ballad"),
        [
            ("intro", "intro", 4, 0.2), ("verse_1", "verse", 8, 0.3), ("chorus_1", "chorus", 8, 0.6), ("verse_2", "verse", 8, 0.4),
            ("chorus_2", "chorus", 8, 0.8), ("outro", "outro", 8, 0.2),
        ],
        [
            ("melody", "vocal", "vocals", "voice_oohs"), ("drums", "drums", "drum_kit", "kit_brush"), ("bass", "bass", "bass_guitar", ""),
            ("acoustic_piano", "harmony", "acoustic_piano", ""), ("string_ensemble", "pad", "string_ensemble", ""),
        ],
        {
            "verse_1": ("I folded all your letters into boats", "and sent them down the river in the rain"),
            "chorus": ("Sail away, paper boats", "carry all I never said"),
            "verse_2": ("The street is full of water and of light", "and nobody will ever read your name"),
        },
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """One instruction, the song it is about, and what is asked."""

    text: str
    song: str
    asked: str

    @property
    def outline(self) -> Outline:
        """The song."""
        return SONGS[self.song]


def load(path: Path) -> list[Truth]:
    """A table of instructions."""
    table = tomllib.loads(path.read_text("utf-8"))
    return [Truth(text, song, asked) for song, entry in table.items() for text, asked in entry["said"]]
