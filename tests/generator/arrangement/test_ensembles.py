"""Solo, duo, trio, quartet: as many players as were asked for, and nothing that they could not play."""

import pytest
from handwritten_song import brief_of, song_of

from contracts.music import Note, Part, Role, Score
from services.generator.arrangement import arrange
from services.music.packs.instruments import instruments


def closed(style: str, *players: str, lead: str, words: str = "", counter: str | None = None, seed: int = 1) -> Score:
    brief = brief_of(style, wanted=players, unwanted=tuple(i for i in instruments() if i not in players))
    stated = brief.instruments_with.model_copy(update={"evidence": words})
    song = song_of(style, lead=lead)
    if counter:
        bar = song.meter_value.ticks_per_bar
        notes = tuple(Note(b * bar + 960, 900, 55, 80) for b in range(7, song.bars, 4))
        song = song.model_copy(update={"parts": {**song.parts, "counter": Part(role=Role.COUNTER, instrument=counter, notes=notes)}})
    return arrange(song, brief.model_copy(update={"instruments_with": stated}), seed).score


def sounding(notes: list[Note], tick: int) -> list[int]:
    return [n.pitch for n in notes if n.start <= tick < n.end]


def test_a_duo_is_a_tune_and_its_accompaniment() -> None:
    """Flute and guitar: the flute leads, the guitar accompanies in one part through nearly all bars, and answers are its own."""
    score = closed("folk", "flute", "acoustic_guitar", lead="flute", counter="acoustic_guitar")
    assert set(score.parts) == {"melody", "acoustic_guitar"}
    assert score.parts["melody"].instrument == "flute"
    bar = score.meter_value.ticks_per_bar
    assert len({n.start // bar for n in score.parts["acoustic_guitar"].notes}) >= 0.9 * score.bars


def test_a_trio_is_three() -> None:
    """Piano, bass and drums are three players, whoever leads."""
    score = closed("jazz", "acoustic_piano", "double_bass", "drum_kit", lead="acoustic_piano")
    assert sorted({p.instrument for p in score.parts.values()}) == ["acoustic_piano", "double_bass", "drum_kit"]


def test_a_string_quartet_is_four() -> None:
    """Two violins, viola and cello, one part each, none of them silent for more than half of the song."""
    score = closed("classical", "violin", "viola", "cello", lead="violin", words="string quartet", counter="viola")
    assert sorted(p.instrument for p in score.parts.values()) == ["cello", "viola", "violin", "violin"]
    bar = score.meter_value.ticks_per_bar
    for part in score.parts.values():
        bars = {b for n in part.notes for b in range(n.start // bar, (n.end - 1) // bar + 1)}
        assert len(bars) >= 0.5 * score.bars, part.name


@pytest.mark.parametrize(("style", "player", "fingers"), [("folk", "acoustic_guitar", 6), ("classical", "acoustic_piano", 10),
                                                          ("jazz", "acoustic_piano", 10), ("jazz", "electric_guitar", 6)])  # fmt: skip
def test_one_person_can_play_it(style: str, player: str, fingers: int) -> None:
    """A solo player's tune and chords together are never more notes than fingers, and the chords lie below the tune."""
    score = closed(style, player, lead=player)
    tune, chords = list(score.parts["melody"].notes), list(score.parts[player].notes)
    crossed = 0
    for note in tune:
        under = sounding(chords, note.start + 60)
        assert len(under) + 1 <= fingers
        crossed += any(pitch >= note.pitch for pitch in under)
    assert crossed <= 0.02 * len(tune)


def test_a_guitar_alone_has_a_thumb() -> None:
    """Solo guitar: most chords begin with their bass note on the low strings, and strokes of one or two strings prevail."""
    score = closed("folk", "acoustic_guitar", lead="acoustic_guitar")
    part = score.parts["acoustic_guitar"]
    events = score.chord_events()
    on_bass = 0
    for event in events:
        tick = score.bar_tick(event.bar, event.beat)
        low = [n.pitch for n in part.notes if tick - 300 <= n.start <= tick + 1000]
        on_bass += bool(low) and min(low) % 12 == event.chord.bass_class
    assert on_bass >= 0.6 * len(events)
    strokes: dict[int, int] = {}
    for note in part.notes:
        strokes[round(note.start / 120)] = strokes.get(round(note.start / 120), 0) + 1
    assert sum(count <= 2 for count in strokes.values()) >= 0.8 * len(strokes)


def test_a_power_trio_plays_lead_or_rhythm() -> None:
    """With bass and drums beside it one guitar strums where its tune rests; under the tune it adds one string at most."""
    score = closed("rock", "electric_guitar", "bass_guitar", "drum_kit", lead="electric_guitar")
    tune, rhythm = list(score.parts["melody"].notes), list(score.parts["electric_guitar"].notes)
    assert all(len(sounding(rhythm, n.start + n.duration // 2)) <= 2 for n in tune)
    assert len(rhythm) >= 40


@pytest.mark.parametrize(
    ("players", "words", "size"),
    [
        (("saxophone",), "sax quartet", 4),
        (("violin", "viola", "cello"), "string quintet", 5),
        (("acoustic_piano", "violin", "viola", "cello"), "piano quintet", 5),
        (("violin",), "duet", 2),
    ],
)
def test_players_of_one_kind_are_as_many_as_the_words_count(players, words, size):
    """Four saxophones, a second viola, a second violin: each has a part of its own that is heard."""
    counter = "viola" if "viola" in players else None
    score = closed("classical", *players, lead=players[-1] if len(players) == 1 else "violin", words=words, counter=counter)
    assert len(score.parts) == size
    assert all(part.notes for part in score.parts.values())
