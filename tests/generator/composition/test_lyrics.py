"""Words lie under the melody: every syllable on a note of its own, in order, stress on strong beats, hooks alike."""

import io
from itertools import pairwise

import mido
import pytest

from contracts.context import Options
from contracts.errors import BadInput
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.composition.grid import Grid
from services.generator.composition.syllables import language_of, syllables_of
from services.generator.midi import score_to_midi
from services.music.lyrics import read_lyrics

WORDS = """[Verse 1]
Walking down the river in the early light
Counting every window burning through the night
Nobody was waiting at the end of the line
Still I kept believing it was only a sign

[Chorus]
Carry me home, carry me home
Over the water, under the stone

[Verse 2]
Summer came to find me in a borrowed coat
Every single letter that I never wrote

[Chorus]
"""
SEED = 4
SPOKEN = {
    "en": [
        ("walking", "walk-ing"), ("river", "riv-er"), ("beautiful", "beau-ti-ful"), ("away", "a-way"), ("people", "peo-ple"),
        ("loved", "loved"), ("wanted", "want-ed"), ("fire", "fire"), ("believing", "be-liev-ing"), ("table", "ta-ble"), ("I'm", "I'm"),
    ],
    "es": [("corazón", "co-ra-zón"), ("poesía", "po-e-sí-a"), ("quiero", "quie-ro"), ("ciudad", "ciu-dad"), ("guerra", "gue-rra")],
    "pt": [("coração", "co-ra-ção"), ("saudade", "sau-da-de"), ("amanhã", "a-ma-nhã")],
    "fr": [("lumière", "lu-mière"), ("toujours", "tou-jours"), ("danser", "dan-ser")],
    "de": [("Himmel", "Him-mel"), ("wunderbar", "wun-der-bar"), ("Liebe", "Lie-be"), ("Abend", "A-bend")],
    "cjk": [("月が綺麗", "月|が|綺|麗"), ("きょう", "きょ|う"), ("사랑해", "사|랑|해")],
}  # fmt: skip


@pytest.mark.parametrize(("language", "word", "parts"), [(lang, w, p) for lang, words in SPOKEN.items() for w, p in words])
def test_words_divide_as_they_are_sung(language: str, word: str, parts: str) -> None:
    """Syllables of common words in six languages."""
    mark = "|" if language == "cjk" else "-"
    assert mark.join(s.text for s in syllables_of(word, language)) == parts


@pytest.mark.parametrize(
    ("line", "language"),
    [("I want to be with you", "en"), ("quiero volver a la ciudad", "es"), ("eu não sei o que fazer com você", "pt"),
     ("je ne sais pas où tu es", "fr"), ("ich weiß nicht wo du bist", "de"), ("月が綺麗ですね", "cjk")],
)  # fmt: skip
def test_the_language_is_heard(line: str, language: str) -> None:
    """By script and little words."""
    assert language_of([line]) == language


def sung(prompt: str, lyrics: str = WORDS, **options):
    brief = read_prompt(prompt, Options(**options), seed=SEED, lyrics=lyrics)
    composed = compose(brief, SEED)
    return brief, composed, arrange(composed.score, brief, SEED).score


PROMPTS = ("a folk song", "an upbeat pop song", "jazz ballad", "trap", "house", "a waltz in 3/4", "metal in 7/8")


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_syllable_has_a_note(prompt: str) -> None:
    """In the score and after the performance; the texts in their order; the part is vocal."""
    _, composed, played = sung(prompt)
    wanted = [s.written for stanza in read_lyrics(WORDS) for line in stanza.lines for s in syllables_of(line, "en")]
    for score in (composed.score, played):
        melody = score.parts["melody"]
        assert melody.role == "vocal"
        assert {tick for tick, _ in melody.lyrics} <= {n.start for n in melody.notes}
        assert len({tick for tick, _ in melody.lyrics}) == len(melody.lyrics)
    assert [text for _, text in composed.score.parts["melody"].lyrics] == wanted
    assert [text for _, text in played.parts["melody"].lyrics] == wanted


def test_one_voice_sings() -> None:
    """No two notes of the vocal line sound at once."""
    _, composed, _ = sung("a folk song")
    notes = composed.score.parts["melody"].notes
    assert all(a.end <= b.start for a, b in pairwise(notes))


def test_the_same_chorus_is_the_same_hook() -> None:
    """Same words, same notes, same places."""
    _, composed, _ = sung("a folk song")
    score = composed.score
    bar = score.meter_value.ticks_per_bar
    heard = []
    for section in score.sections.values():
        if section.label == "chorus":
            start = (section.start_bar - 1) * bar
            words = dict(score.parts["melody"].lyrics)
            notes = {n.start: n.pitch for n in score.parts["melody"].notes}
            heard.append([(t - start, text, notes[t]) for t, text in words.items() if start <= t < start + section.bars * bar])
    assert len(heard) == 2
    assert heard[0] == heard[1]


def test_stressed_syllables_stand_on_stronger_steps() -> None:
    """On average over a song in each style, by half a metrical level at least."""
    for prompt in PROMPTS[:3]:
        _, composed, _ = sung(prompt)
        grid = Grid(composed.score.meter_value)
        levels = [s.stress for stanza in read_lyrics(WORDS) for line in stanza.lines for s in syllables_of(line, "en")]
        weights = [grid.weight(round(tick / 240)) for tick, _ in composed.score.parts["melody"].lyrics]
        strong = [w for w, stress in zip(weights, levels, strict=True) if stress > 0.6]
        light = [w for w, stress in zip(weights, levels, strict=True) if stress < 0.3]
        assert sum(strong) / len(strong) > sum(light) / len(light) + 0.5, prompt


def test_lyrics_are_in_the_midi_file() -> None:
    """One event per syllable: a hyphen where the word goes on, a space where it ends."""
    _, _, played = sung("a folk song")
    file = mido.MidiFile(file=io.BytesIO(score_to_midi(played)), charset="utf-8")
    track = next(t for t in file.tracks if t.name == "melody")
    text = "".join(m.text for m in track if m.type == "lyrics").replace("- ", "-")
    assert text.startswith("Walk-ing down the riv-er in the ear-ly light ")
    assert text.count("Car-ry me home, car-ry me home ") == 2


def test_more_words_than_bars_are_told() -> None:
    """Twelve lines in twenty seconds: what cannot be sung is left out, and the decision says so."""
    _, composed, _ = sung("a pop song", duration_s=20)
    told = next(d for d in composed.decisions if d.topic == "lyrics")
    assert "densely" in told.why or "left out" in told.why
    assert composed.score.duration_s == pytest.approx(20, abs=3)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("", "nothing to sing"), ("[Verse]\n\n[Chorus]\n", "nothing to sing"), ("[Verse\nla la", "Line 1"), ("la\n[12]\nla", "Line 2"),
     ("la la\n\x07 la", "Line 2"), ("la\n...\n", "Line 2"), ("la " * 100, "Line 1")],
)  # fmt: skip
def test_a_text_that_cannot_be_is_refused_by_line(text: str, hint: str) -> None:
    """BadInput on lyrics."""
    with pytest.raises(BadInput) as refused:
        read_lyrics(text)
    assert refused.value.field == "lyrics"
    assert hint in refused.value.hint


def test_stanzas_without_headings_get_their_places() -> None:
    """What comes back is the chorus."""
    brief = read_prompt("a pop song", Options(), lyrics="one two\nthree\n\nsing it\n\nfour five\nsix\n\nsing it\n")
    assert brief.lyrics is not None
    assert list(brief.lyrics.value) == ["verse_1", "chorus_1", "verse_2", "chorus_2"]
