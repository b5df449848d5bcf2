"""The tone of a reference section by section: each of our sections comes near its own, and stems still sum to the master."""

from itertools import pairwise

import numpy as np
import pytest

from contracts.context import AnalysisSection
from contracts.features import Features, HeardSection, Measured
from services.mixer.mastering.by_section import APART_DB, Changing, SectionAim, Turn, level_wish_db, section_gains_db, turns_of
from services.mixer.mastering.matching import Match
from services.mixer.mastering.session import Filters
from services.mixer.work import master, mix
from services.music.audio.loudness import integrated_lufs
from services.music.audio.spectrum import released_music_db, third_octave_centres, third_octave_spectrum
from services.music.references.pairing import places
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.mixer.band import RATE, make_context, make_score, make_stems
from tests.mixer.test_matching import likeness
from tests.mixer.test_work import read, summed

CENTRES = third_octave_centres(RATE)
WAVES = {"verse": 6 * np.sin(2.2 * np.log2(CENTRES / 40)), "chorus": -6 * np.sin(2.6 * np.log2(CENTRES / 40))}


def leveled(level):
    return level - 10 * np.log10(np.sum(10 ** (level / 10)))


def reference() -> Features:
    """A record whose verse and chorus have waves of 6 dB against each other over the spectrum of released music."""
    rows = {name: leveled(released_music_db(np.maximum(CENTRES, 94)) + waves) for name, waves in WAVES.items()}
    whole = leveled(10 * np.log10(sum(10 ** (row / 10) for row in rows.values())))
    heard = tuple(
        HeardSection(start_s=30.0 * i, end_s=30.0 * i + 30, label=name, letter=name[0].upper(), energy=0.5 + 0.4 * i,
                     loudness_lufs=-15.0 + 3 * i, spectrum_db=tuple(rows[name]))
        for i, name in enumerate(rows)
    )  # fmt: skip
    shape = {"duration_s": 60, "analyzed_s": 60, "sample_rate_hz": RATE, "channels": 2}
    return Features(
        **shape, spectrum_hz=tuple(CENTRES), spectrum_db=tuple(whole), sections=heard, loudness_lufs=Measured(value=-13.2, unit="LUFS")
    )


@pytest.fixture(scope="module")
def mastered(tmp_path_factory):
    """(bench, with the reference's sections, with its whole spectrum only) of one mix of eight bars."""
    folder = tmp_path_factory.mktemp("song")
    bench = Workbench(FileStore(folder / "store", sync=False), folder, lambda _, __: None)
    mixed = mix(make_context(bench, make_score(8), make_stems(18.0)), bench)

    def finished(features):
        section = AnalysisSection(features=features, reference_name="theirs.wav")
        return master(mixed.model_copy(update={"analysis": section}), bench)

    return bench, finished(reference()), finished(reference().model_copy(update={"sections": ()}))


def tones(bench, context):
    """Third-octave spectra of our verse and chorus."""
    audio = read(bench, context.artifacts["master.wav"]).astype(np.float32)
    return {
        p.label: third_octave_spectrum(audio[:, round(p.start_s * RATE) : round(p.end_s * RATE)], RATE)[1] for p in places(make_score(8))
    }


def test_each_section_gets_the_tone_of_its_own(mastered) -> None:
    """Both over 0.9 where one equaliser for the whole record leaves one of them at 0.81; the decisions name them."""
    bench, by_section, whole = mastered
    theirs = {s.label: np.asarray(s.spectrum_db) for s in reference().sections}
    found, before = tones(bench, by_section), tones(bench, whole)
    worst, worst_before = (min(likeness(level[name], theirs[name]) for name in theirs) for level in (found, before))
    assert worst > 0.9
    assert worst_before < 0.82
    assert {d.choice.split(":")[0] for d in by_section.ai_decisions if d.topic == "tone by section"} == {"verse V", "chorus C"}
    assert set(by_section.mastering.settings["sections_db"]) == {"verse V", "chorus C"}
    assert "sections_db" not in whole.mastering.settings


def test_stems_still_sum_to_the_master_and_the_loudness_holds(mastered) -> None:
    """Filters that change where sections meet are linear at every moment."""
    bench, context, _ = mastered
    audio = read(bench, context.artifacts["master.wav"])
    assert 20 * np.log10(np.abs(audio - summed(bench, context)).max() + 1e-12) < -110
    assert integrated_lufs(audio.astype(np.float32), RATE) == pytest.approx(-14, abs=0.05)


def turns(*pieces, frames):
    delays = [np.zeros(size, np.float32) for _, size in pieces]
    for response, (gain, _) in zip(delays, pieces, strict=True):
        response[0] = gain
    edges = np.linspace(0, frames, len(pieces) + 1).astype(int)
    return tuple(Turn(int(a), int(b), Filters(response)) for a, b, response in zip(edges, edges[1:], delays, strict=False))


def test_a_filter_that_does_not_change_is_not_heard_at_the_seams() -> None:
    """Three turns of one and the same filter are the filter: weights sum to one at every sample, and no edge is cut off."""
    rng = np.random.default_rng(2)
    audio = rng.normal(size=(2, 30_000)).astype(np.float32)
    response = (rng.normal(size=701) * np.hanning(701)).astype(np.float32)
    for filter_ in (Filters(response), Filters(response, response.copy(), delay=350)):
        changing = Changing(tuple(Turn(a, b, filter_) for a, b in ((0, 9000), (9000, 17_000), (17_000, 30_000))), fade=1200)
        assert np.abs(changing.apply(audio) - filter_.apply(audio)).max() < 1e-3


def test_gains_cross_over_before_a_section_begins() -> None:
    """From one to two within the fade: the new section's first sample has its own gain, the old one's end no step."""
    ones = np.ones((2, 8000), np.float32)
    out = Changing(turns((1.0, 1), (2.0, 1), frames=8000), fade=1000).apply(ones)[0]
    assert np.allclose(out[:2990], 1.0)
    assert np.allclose(out[4000:], 2.0)
    assert np.abs(np.diff(out)).max() < 0.004


def test_turns_cover_the_song_once() -> None:
    """Spans with a gap, an overlap and one that is shorter than the fades: from the first sample to the last, in order."""
    filters = [Filters(np.ones(1, np.float32)) for _ in range(2)]
    whole = Filters(np.ones(3, np.float32))
    aims = [SectionAim("a", CENTRES, ((1000, 4000), (3900, 4050), (6000, 7990))), SectionAim("b", CENTRES, ((4050, 5000),))]
    found = turns_of(aims, filters, whole, 8000, 100)
    assert found[0].start == 0
    assert found[-1].end == 8000
    assert all(a.end == b.start and a.filter is not b.filter for a, b in pairwise(found))
    assert turns_of([], [], whole, 8000, 100) == (Turn(0, 8000, whole),)


def test_a_sections_equaliser_stays_near_the_records() -> None:
    """At most 6 dB away in any band, and the section no louder for it; loudness goes half of the way, within 2.5 dB."""
    level, whole = leveled(released_music_db(np.maximum(CENTRES, 94))), np.full(CENTRES.size, 1.0)
    match = Match(CENTRES, level, 20_000)
    gains = section_gains_db(CENTRES, level, level + 14 * np.sign(WAVES["verse"]), whole, match)
    assert np.ptp(gains) <= 2 * APART_DB + 1e-9
    assert 10 * np.log10(np.sum(10 ** ((level + gains) / 10))) == pytest.approx(1.0, abs=1e-6)
    aim = SectionAim("chorus", level, (), above_lu=2.0)
    assert level_wish_db(aim, 0.0) == 1.0
    assert level_wish_db(aim, -20.0) == 2.5
    assert level_wish_db(SectionAim("verse", level, ()), 1.0) == 0.0
