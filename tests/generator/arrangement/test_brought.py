"""Bass, chords and drums that the user brought are what the band plays."""

from handwritten_song import brief_of, song_of

from contracts.given import Given, GivenPart
from contracts.music import Note, Score
from services.generator.arrangement import arrange

BAR = 3840
BASS = tuple(Note(b * BAR + s, 400, p, 77 + i) for b in range(4) for i, (s, p) in enumerate(((0, 36), (1440, 43), (2880, 48))))
BEAT = tuple(Note(b * BAR + s, 120, p, 90 + b) for b in range(2) for s, p in ((0, 36), (960, 38), (1800, 36), (2880, 38), (1440, 42)))
CHORDS = tuple(Note(b * BAR + 7, 1800, p, 66) for b in range(2) for p in (60, 64, 67 + b))


def built(style: str, *parts: GivenPart, bars: int, seed: int = 1, unwanted: tuple[str, ...] = ()) -> Score:
    given = Given(source="midi", bars=bars, parts=parts)
    return arrange(song_of(style), brief_of(style, unwanted=unwanted), seed, given=given).score


def at(notes: tuple[Note, ...], bars: int) -> set[tuple[int, int, int, int]]:
    """Notes by their place in a loop of some bars."""
    return {(n.start % (bars * BAR), n.duration, n.pitch, n.velocity) for n in notes}


def test_a_brought_bass_is_played_note_for_note() -> None:
    """Onsets, lengths, pitches and velocities are those of the loop, in every bar in which the bass plays."""
    score = built("rock", GivenPart(role="bass", notes=BASS), bars=4)
    part = score.parts["bass"]
    assert at(part.notes, 4) <= at(BASS, 4)
    assert len(part.notes) >= 0.6 * 3 * score.bars
    fresh = arrange(song_of("rock"), brief_of("rock"), 1).score.parts["bass"]
    assert at(fresh.notes, 4) != at(part.notes, 4)


def test_a_brought_beat_replaces_the_drummer() -> None:
    """The drums are the loop's strokes and nothing else; who was brought an instrument plays it."""
    score = built("house", GivenPart(role="drums", notes=BEAT), bars=2)
    assert at(score.parts["drums"].notes, 2) <= at(BEAT, 2)
    assert len(score.parts["drums"].notes) >= 50


def test_brought_chords_are_the_first_player_s() -> None:
    """The first chord player plays what was brought; a brought bass is played by the instrument it was for."""
    score = built("pop", GivenPart(role="chords", notes=CHORDS), GivenPart(role="bass", instrument="synth_bass", notes=BASS), bars=2)
    assert at(score.parts["acoustic_piano"].notes, 2) <= at(CHORDS, 2)
    assert score.parts["bass"].instrument == "synth_bass"
    assert "bass_guitar" not in {p.instrument for p in score.parts.values()}


def test_what_is_out_of_reach_moves_by_octaves() -> None:
    """A bass line two octaves too high is played where the bass can play it, all of it by the same interval."""
    high = tuple(n._replace(pitch=n.pitch + 36) for n in BASS)
    part = built("rock", GivenPart(role="bass", notes=high), bars=4).parts["bass"]
    shifts = {n.pitch - next(h.pitch for h in high if h.start == n.start % (4 * BAR)) for n in part.notes}
    assert len(shifts) == 1
    assert next(iter(shifts)) % 12 == 0


def test_an_unwanted_instrument_does_not_come_back_with_a_file() -> None:
    """What the user excluded is not played, whatever was brought."""
    score = built("rock", GivenPart(role="drums", notes=BEAT), bars=2, unwanted=("drum_kit",))
    assert "drum_kit" not in {p.instrument for p in score.parts.values()}
