"""Which section answers to which, and which sections a record is known by."""

import numpy as np

from contracts.features import Features, HeardSection
from contracts.music.score import Score, Section
from services.music.references.pairing import LEAST_S, counterparts, key_sections, places

HZ = tuple(1000 * 2 ** (i / 3) for i in range(-12, 11))


def theirs(*rows):
    """Heard sections of (label, letter, seconds, energy)."""
    at, out = 0.0, []
    for index, (label, letter, seconds, energy) in enumerate(rows):
        level = tuple(-14.0 + 2 * np.sin(np.arange(len(HZ)) + ord(letter) - 65 + 0.01 * index))
        out.append(HeardSection(start_s=at, end_s=at + seconds, label=label, letter=letter, energy=energy, loudness_lufs=-26 + 14 * energy,
                                spectrum_db=level))  # fmt: skip
        at += seconds
    return tuple(out)


def ours(*rows):
    """A score at 120 BPM in 4/4 (a bar lasts two seconds) of (label, bars, energy)."""
    sections, bar = {}, 1
    for index, (label, bars, energy) in enumerate(rows):
        sections[f"{label}_{index}"] = Section(label=label, start_bar=bar, bars=bars, energy=energy, key="C major")
        bar += bars
    return Score(tempo_bpm=120, sections=sections)


SONG = theirs(("intro", "A", 8, 0.3), ("verse", "B", 16, 0.5), ("chorus", "C", 16, 0.9), ("verse", "B", 16, 0.55), ("chorus", "C", 16, 1.0),
              ("outro", "D", 5, 0.3))  # fmt: skip


def test_one_form_answers_one_by_one() -> None:
    """The same labels in the same order; numbers in labels do not count."""
    score = ours(("intro", 4, 0.3), ("Verse 1", 8, 0.5), ("chorus", 8, 0.9), ("Verse 2", 8, 0.5), ("chorus", 8, 0.9), ("outro", 2, 0.3))
    assert list(counterparts(SONG, places(score)).values()) == [0, 1, 2, 3, 4, 5]


def test_other_forms_answer_by_name_then_by_kind_then_by_height() -> None:
    """A drop is the reference's chorus, a groove its verse; the third verse answers to the last there is; a label of nobody's by energy."""
    score = ours(("groove", 4, 0.5), ("drop", 8, 0.9), ("verse", 4, 0.4), ("verse", 4, 0.4), ("verse", 4, 0.4), ("zzz", 4, 0.2))
    found = list(counterparts(SONG, places(score)).values())
    assert found[:5] == [1, 2, 1, 3, 3]
    assert SONG[found[5]].label in ("intro", "outro")
    assert counterparts((), places(score)) == {}


def test_the_last_section_rings_to_the_end_of_the_song() -> None:
    """Its tail belongs to it."""
    score = ours(("verse", 4, 0.5))
    assert places(score)[0].end_s == score.duration_s > 8


def test_a_record_is_known_by_its_loudest_and_most_repeated_sections() -> None:
    """Verse and chorus by letter, all of their repeats together; an outro of five seconds is too short to have a tone."""
    score = ours(("intro", 4, 0.3), ("verse", 8, 0.5), ("chorus", 8, 0.9), ("verse", 8, 0.5), ("chorus", 8, 0.9), ("outro", 2, 0.3))
    shape = {"duration_s": 77, "sample_rate_hz": 48_000, "channels": 2, "analyzed_s": 77}
    found = key_sections(Features(**shape, spectrum_hz=HZ, spectrum_db=(0.0,) * len(HZ), sections=SONG), score)
    assert [key.name for key in found] == ["verse B", "chorus C"]
    assert found[1].theirs == (2, 4)
    assert found[1].ours == ("chorus_2", "chorus_4")
    assert abs(sum(10 ** (level / 10) for level in found[1].spectrum_db) - 1) < 1e-6
    assert found[1].loudness_lufs is not None
    assert -13.4 < found[1].loudness_lufs < -12
    assert LEAST_S > 5
    assert key_sections(Features(**shape, sections=SONG), score) == ()
