"""Two songs compared: what was changed is told, in a musician's words, and nothing else is."""

import pytest

from contracts.edits import (
    AddEdit,
    EnergyEdit,
    FormEdit,
    HarmonyEdit,
    InstrumentEdit,
    KeyEdit,
    LengthEdit,
    OctaveEdit,
    RemoveEdit,
    RewriteEdit,
    TempoEdit,
)
from contracts.music import Role
from contracts.sound import StretchEdit
from services.mixer.mixing.channel import Channel
from services.music.comparing import Song, differences
from tests.generator.revising.songs import made, of_role

SONG = made("pop")
INNER = SONG.inner
SAID = INNER.replace("_", " ")
FIRST = next(iter(SONG.score.sections))
BARS = SONG.score.sections[FIRST].bars
BASS = of_role(SONG.score, Role.BASS)


@pytest.mark.parametrize(
    ("edit", "texts"),
    [
        (TempoEdit(bpm=100.0), ("tempo 112 → 100", " long")),
        (KeyEdit(key="C minor"), ("key A minor → C minor",)),
        (KeyEdit(key="A major"), ("key A minor → A major",)),
        (InstrumentEdit(parts=(BASS,), instrument="synth_bass", patch="reese"), ("bass: bass guitar → synth bass (reese bass)",)),
        (InstrumentEdit(parts=("acoustic_piano",), instrument="electric_piano"), ("acoustic piano: acoustic piano → electric piano",)),
        (AddEdit(instrument="harp", sections=(INNER,)), (f"harp joins in {SAID}",)),
        (RemoveEdit(parts=("drums",)), ("without drums",)),
        (RemoveEdit(parts=("drums",), sections=(INNER,)), (f"{SAID}: one player fewer (drums)",)),
        (OctaveEdit(parts=("acoustic_piano",), octaves=-1), ("acoustic piano: 1 octave lower",)),
        (RewriteEdit(parts=("drums",), sections=(INNER,), density=-0.6), (f"drums: sparser in {SAID}",)),
        (HarmonyEdit(sections=(INNER,), chords=("Dm", "E7")), (f"({SAID}) re-harmonised: ",)),
        (LengthEdit(section=FIRST, bars=BARS + 4), (f"{FIRST} {BARS} → {BARS + 4} bars", " bars", " long")),
        (FormEdit(action="remove", section=INNER), (f"without {SAID} (", " bars", " long")),
        (FormEdit(action="insert", section="breakdown", after=INNER, bars=4), (f"breakdown is new: 4 bars after {SAID}", " bars", " long")),
    ],
)
def test_one_edit_is_told_as_itself(edit, texts) -> None:
    """Each of the sentences is one of the expected, in their order; no part that was left alone is named."""
    found = [one.text for one in differences(Song(SONG.score), Song(SONG.edited(edit).score))]
    assert len(found) == len(texts), found
    assert all(text in line for text, line in zip(texts, found, strict=True)), found


def test_a_bigger_section_is_told_by_who_plays_and_how() -> None:
    """Players more, or played harder or busier, in that section and in no other but the one that leads into it."""
    found = differences(Song(SONG.score), Song(SONG.edited(EnergyEdit(sections=(INNER,), by=0.3)).score))
    assert found
    assert {one.topic for one in found} <= {"layers", "dynamics", "take"}
    assert all(SAID in one.text or one.topic == "take" for one in found)


def test_a_song_differs_in_nothing_from_itself() -> None:
    """Nor does one without notes."""
    assert differences(Song(SONG.score), Song(SONG.score)) == ()
    assert differences(Song(None), Song(SONG.score)) == ()


def test_the_desk_is_told() -> None:
    """Faders, sections, places, spaces, tone, the whole and the record; what moved by less than an ear hears is not."""
    plain = Channel(
        pre_gain_db=0, target_lufs=-20, pan=0, width=1, spread=0, duck_db=0, room_db=-20, hall_db=-60, delay_db=-60, parallel_db=-60
    )
    edited = plain.model_copy(
        update={"level_edit_db": 3.0, "section_edit_db": {"verse_2": -4.0}, "pan": -0.4, "hall_db": -18.0, "highpass_hz": 120.0}
    )

    def song(channel: Channel, lufs: float, **mix) -> Song:
        rows = {"channels": {"drums": channel.model_dump(mode="json")}, "profile": "pop", "changes": {"width": 1.0}, **mix}
        return Song(SONG.score, rows, loudness_lufs=lufs, ceiling_dbtp=-1.0)

    found = differences(song(plain, -14.0), song(edited, -9.0, changes={"width": 1.2}, section_edit_db={"chorus_1": 1.5}))
    assert [one.text for one in found] == [
        "drums 3 dB louder",
        "verse 2: drums 4 dB softer",
        "drums further left",
        "drums: more hall (+32.0 dB)",
        "drums: low cut 10 → 120 Hz",
        "chorus 1 1.5 dB louder",
        "width 1 → 1.2",
        "loudness -14.0 → -9.0 LUFS",
    ]
    assert differences(song(plain, -14.0), song(plain.model_copy(update={"pan": 0.01}), -14.1)) == ()
    role, own = (StretchEdit(section="verse_1", first=1, last=2, level_db=db) for db in (2.0, 3.0))
    moved = differences(song(plain, -14.0), song(plain.model_copy(update={"stretches": (role, own)}), -14.0))
    assert [one.text for one in moved] == ["verse 1, bars 1–2 of it: drums 5 dB louder"]
