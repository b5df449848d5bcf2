"""Taste leans only what a request leaves open, and the brief says so."""

from contracts.brief import Brief
from contracts.context import Options
from contracts.features import Features, Measured
from contracts.preferences import Facts, Feedback, Preferences
from services.enhancer.reading import read_prompt
from services.enhancer.taste.learning import learn

SLOW = {"tempo": -0.2, "energy": -0.2, "valence": -0.2, "duration": 0.6}


def song(genre: str, mood: str, player: str, mode: str, numbers: dict[str, float]) -> Facts:
    """A song of one style, mood, lead and mode."""
    return Facts(names={"genre": (genre,), "mood": (mood,), "instrument": (player,), "mode": (mode,)}, numbers=numbers)


def taste() -> Preferences:
    """Of someone who chose, a dozen times each: folk over metal, melancholic over energetic, cello over guitar, minor, slow and long."""
    model, calm, loud = Preferences(), SLOW, {"tempo": 0.2, "energy": 0.2, "valence": 0.2, "duration": 0.0}
    for _ in range(12):
        for liked, other in (
            (song("folk", "sad", "violin", "minor", calm), song("metal", "sad", "violin", "minor", loud)),
            (song("folk", "melancholic", "violin", "minor", calm), song("folk", "energetic", "violin", "minor", calm)),
            (song("folk", "sad", "cello", "minor", calm), song("folk", "sad", "electric_guitar", "minor", calm)),
            (song("folk", "sad", "violin", "minor", calm), song("folk", "sad", "violin", "major", calm)),
        ):
            model = learn(model, Feedback(kind="choice", liked=liked, other=other))
    return model


def read(prompt: str, preferences: Preferences | None, **options: object) -> Brief:
    return read_prompt(prompt, Options.model_validate(options), seed=3, preferences=preferences)


def test_an_open_request_goes_where_taste_leans_and_says_why() -> None:
    """Style, mood, tempo, energy and length of 'a song' follow the model, each with its reason."""
    plain, leaning = read("a song", None), read("a song", taste())
    assert leaning.genres.value == ("folk",)
    assert "your taste" in (leaning.genres.reason or "")
    assert leaning.moods.value == ("melancholic",)
    assert leaning.duration_s.value > plain.duration_s.value
    assert "12 judgements" in (leaning.moods.reason or "")
    assert not any(field.is_stated for field in (leaning.genres, leaning.moods, leaning.tempo_bpm, leaning.energy, leaning.duration_s))


def test_what_is_stated_is_never_moved() -> None:
    """A prompt that states everything reads the same with and without a taste that would have it otherwise."""
    prompt = "happy metal, 180 bpm, E major, 4/4, 60 seconds, electric guitar and drums, high energy"
    plain, leaning = read(prompt, None), read(prompt, taste())
    for name in ("genres", "moods", "tempo_bpm", "key", "meter", "duration_s", "instruments_with", "energy"):
        assert getattr(leaning, name) == getattr(plain, name), name


def test_liked_players_come_and_disliked_ones_go_but_drums_and_bass_stay() -> None:
    """The band of a style without named players: the liked one beside it, the disliked one out, excluded ones never back."""
    leaning = read("a pop song", taste())
    assert {"cello", "drum_kit"} <= set(leaning.instruments_with.value)
    assert "electric_guitar" not in leaning.instruments_with.value
    assert "your taste" in (leaning.instruments_with.reason or "")
    assert "cello" not in read("a pop song without cello", taste()).instruments_with.value


def test_a_reference_wins_over_taste() -> None:
    """Tempo and energy of a reference stand whatever the taste."""
    heard = Features(
        duration_s=100.0, sample_rate_hz=44100, channels=2, analyzed_s=100.0, tempo_bpm=Measured(value=133.0, unit="bpm", confidence=0.9),
        energy=Measured(value=0.9, unit="0-1"),
    )  # fmt: skip
    with_taste = read_prompt("a song", Options(), heard, seed=3, preferences=taste())
    without = read_prompt("a song", Options(), heard, seed=3)
    assert with_taste.tempo_bpm.value == without.tempo_bpm.value == 133.0
    assert with_taste.duration_s == without.duration_s


def test_an_empty_model_changes_nothing() -> None:
    """The brief with no judgement is the brief without a model, to the letter."""
    for prompt in ("a song", "sad dubstep", "warm lo-fi hip hop with a Rhodes, 80 bpm"):
        assert read(prompt, Preferences()) == read(prompt, None)
