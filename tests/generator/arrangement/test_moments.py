"""Endings, builds, drops, solos and curves: the moments that a listener waits for."""

from itertools import pairwise

import pytest
from handwritten_song import brief_of, song_of

from contracts.music import PPQ, Score
from services.generator.arrangement import arrange
from services.generator.arrangement.expression import expression_curve
from services.music.packs.genres import genres


def played(style: str, seed: int = 1, meter: str = "4/4", lead: str = "acoustic_piano", **band: tuple[str, ...]) -> Score:
    return arrange(song_of(style, meter, lead), brief_of(style, meter, **band), seed).score


@pytest.mark.parametrize("style", [s for s in sorted(genres()) if s != "ambient"])
def test_the_band_lands_together(style: str) -> None:
    """In the last bar no drum is struck after the first beat, and bass and chords ring to the last bar line."""
    score = played(style)
    last = score.end_tick - score.meter_value.ticks_per_bar
    for part in score.parts.values():
        late = [n for n in part.notes if n.start > last + PPQ // 2]
        if part.role in ("drums", "percussion", "bass", "harmony"):
            assert not late
        if part.role in ("bass", "harmony") and part.notes[-1].start >= last - 100:
            assert part.notes[-1].end >= score.end_tick - 120


def test_ambient_fades() -> None:
    """Ambient does not land: its gain falls through the last section."""
    score = played("ambient")
    curve = score.parts["pad_synth"].controls["gain_db"]
    assert curve[-1] == (score.end_tick, -14.0)
    assert max(level for _, level in curve) == 0.0


@pytest.mark.parametrize("style", ["house", "electronic", "dubstep"])
def test_a_build_accelerates_and_grows(style: str) -> None:
    """Snares of a build-up's last quarter are denser and louder than those of its first."""
    score = played(style)
    section, bar = score.sections["build"], score.meter_value.ticks_per_bar
    start = (section.start_bar - 1) * bar
    snares = [n for n in score.parts["drums"].notes if n.pitch == 38 and start - 60 <= n.start < start + section.bars * bar]
    first = [n for n in snares if n.start < start + 2 * bar]
    last = [n for n in snares if n.start >= start + 6 * bar]
    assert len(last) > 1.5 * len(first)
    assert sum(n.velocity for n in last) / len(last) > sum(n.velocity for n in first) / len(first) + 8


@pytest.mark.parametrize("style", ["house", "electronic", "dubstep"])
def test_risers_land_on_impacts(style: str) -> None:
    """Each riser ends within an eighth before a section's first beat, where an impact sounds."""
    score = played(style)
    starts = {(s.start_bar - 1) * score.meter_value.ticks_per_bar for s in score.sections.values()}
    hits = {n.start for n in score.parts["impact"].notes}
    assert hits <= starts
    assert all(any(0 <= tick - n.end <= PPQ // 2 for tick in hits) for n in score.parts["riser"].notes)


def test_dubstep_wobbles() -> None:
    """The wobble's rate changes in the drop, within the rates of the pack."""
    curve = played("dubstep").parts["bass"].controls["wobble_rate"]
    rates = {value for _, value in curve}
    assert len(rates) >= 3
    assert rates <= set(genres()["dubstep"].bass.wobble_rates)
    assert [t for t, _ in curve] == sorted(t for t, _ in curve)


def test_filters_open_in_a_build() -> None:
    """The cutoff of a synthesizer rises through the build."""
    score = played("electronic")
    build = score.sections["build"]
    bar = score.meter_value.ticks_per_bar
    points = dict(score.parts["pad_synth"].controls["cutoff"])
    assert points[(build.end_bar - 1) * bar - 1] > points[(build.start_bar - 1) * bar] + 0.2


def test_lofi_crackles() -> None:
    """Lo-fi hip hop lies on a bed of vinyl, unless effects are unwanted."""
    assert played("lofi_hip_hop").parts["vinyl"].patch == "vinyl_noise"
    assert "vinyl" not in played("lofi_hip_hop", unwanted=("riser",)).parts


@pytest.mark.parametrize("style", ["house", "dubstep", "pop", "trance"])
def test_crossings_stand_where_sections_meet(style: str) -> None:
    """What falls begins with a calmer section, what is reversed or climbs ends where a fuller one begins."""
    score = played(style)
    sections = list(score.sections.values())
    bar = score.meter_value.ticks_per_bar
    falls = {(b.start_bar - 1) * bar for a, b in pairwise(sections) if b.energy < a.energy}
    lifts = {(b.start_bar - 1) * bar for a, b in pairwise(sections) if b.energy > a.energy}
    wanted = genres()[style].arrangement.crossings
    assert wanted
    for name in wanted:
        notes = score.parts[name].notes if name in score.parts else ()
        if name in ("downlifter", "sub_drop"):
            assert {n.start for n in notes} <= falls
        elif name in ("tonal_riser", "reverse_swell"):
            assert all(any(0 <= tick - n.end <= PPQ // 4 for tick in lifts) for n in notes)
    assert any(name in score.parts for name in wanted if name != "noise_sweep")


@pytest.mark.parametrize("style", ["rock", "jazz", "folk", "classical", "funk"])
def test_no_effects_where_the_style_has_none(style: str) -> None:
    """A band that plays in a room has no risers, sweeps, drops, crackle or hiss."""
    assert not [name for name, part in played(style).parts.items() if part.role == "fx"]


def test_breath_swells_inside_a_phrase() -> None:
    """cc11 of a violin's phrase is higher in its middle than at its ends, and every value is a controller's."""
    score = played("classical", lead="violin")
    part = score.parts["melody"]
    values = [value for _, value in part.controls["cc11"]]
    assert all(0 <= value <= 127 for value in values)
    phrase = list(part.notes[:12])
    curve = dict(expression_curve(phrase, phrase[-1].end + 4 * PPQ))
    ticks = sorted(tick for tick in curve if tick > 0)
    middle = curve[min(ticks, key=lambda t: abs(t - (phrase[0].start + phrase[-1].end) / 2))]
    assert middle > curve[ticks[-1]]


def test_a_slash_bass_is_obeyed() -> None:
    """G7/B has a B in the bass."""
    score = played("rock")
    bar = score.meter_value.ticks_per_bar
    firsts = [next((n for n in score.parts["bass"].notes if tick - 100 <= n.start < tick + 400), None)
              for tick in (bar * (b - 1) for b in range(8, score.bars, 4))]  # fmt: skip
    assert all(n is None or n.pitch % 12 == 11 for n in firsts)


def test_guitar_chords_are_playable() -> None:
    """A strummed chord has at most six notes within two octaves and a fifth, struck within 40 ms."""
    score = played("folk", lead="violin")
    part = score.parts["acoustic_guitar"]
    groups: list[list[int]] = []
    start = -10_000
    for note in part.notes:
        if note.start - start > 0.04 * score.tempo_bpm / 60 * PPQ:
            groups.append([])
            start = note.start
        groups[-1].append(note.pitch)
    assert max(len(g) for g in groups) <= 6
    assert all(max(g) - min(g) <= 31 for g in groups)


def test_horns_trade_the_solo() -> None:
    """In a jazz solo another player takes phrases over: the lead and the other never share a bar of them."""
    plain = song_of("jazz", lead="saxophone")
    renamed = {n: s.model_copy(update={"label": "solo"}) if n.startswith("chorus") else s for n, s in plain.sections.items()}
    score = arrange(plain.model_copy(update={"sections": renamed}), brief_of("jazz"), 1).score
    bar = score.meter_value.ticks_per_bar
    solo_bars = {b for s in score.sections.values() if s.label == "solo" for b in range(s.start_bar, s.end_bar - 1)}
    lead = {(n.start + 60) // bar + 1 for n in score.parts["melody"].notes}
    other = {(n.start + 60) // bar + 1 for n in score.parts["trumpet"].notes}
    assert solo_bars & lead
    assert (solo_bars - lead) & other


def test_blues_leads_scoop_into_notes() -> None:
    """A blues saxophone slides up into some notes, never further than a tone, and always arrives on pitch."""
    curve = played("blues", lead="saxophone").parts["melody"].controls["pitch_bend"]
    assert min(value for _, value in curve) >= -2.0
    assert min(value for _, value in curve) < -0.4
    assert curve[-1][1] == 0.0
    assert [t for t, _ in curve] == sorted({t for t, _ in curve})


@pytest.mark.parametrize(("style", "least"), [("funk", 1.0), ("rnb_soul", 0.9), ("gospel", 0.45), ("pop", 0.45), ("synthwave", 0.45)])
def test_verses_have_a_beat(style: str, least: float) -> None:
    """Where the groove is the style a verse has drums throughout; elsewhere they join it halfway at the latest."""
    score = played(style, lead="saxophone")
    bar = score.meter_value.ticks_per_bar
    struck = {(n.start + 60) // bar for n in score.parts["drums"].notes}
    for section in score.sections.values():
        if section.label == "verse" and section.energy >= 0.4 and section.bars >= 8:
            bars = range(section.start_bar - 1, section.end_bar - 1)
            assert sum(number in struck for number in bars) >= least * section.bars - 1
