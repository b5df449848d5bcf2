"""Bands that words count are closed: as many players as were asked for, each the one that was meant, in a style that suits them."""

import pytest

from contracts.context import Options
from services.enhancer.reading import read_prompt
from services.music.packs.instruments import instruments

_CASES = {
    "flute and guitar duo": ("folk", "flute acoustic_guitar"),
    "jazz trio with piano, bass and drums": ("jazz", "acoustic_piano double_bass drum_kit"),
    "jazz trio with guitar": ("jazz", "electric_guitar double_bass drum_kit"),
    "jazz quintet": ("jazz", "trumpet saxophone acoustic_piano double_bass drum_kit"),
    "acoustic duo for violin and piano": ("classical", "violin acoustic_piano"),
    "piano trio classical": ("classical", "acoustic_piano violin cello"),
    "piano trio": ("classical", "acoustic_piano violin cello"),
    "swinging jazz, piano trio": ("jazz", "acoustic_piano double_bass drum_kit"),
    "piano quintet in E minor": ("classical", "acoustic_piano violin viola cello"),
    "an adagio for strings": ("classical", "string_ensemble"),
    "serenade in G major for flute and harp": ("classical", "flute harp"),
    "string quartet in D minor": ("classical", "violin viola cello"),
    "brass quintet": ("classical", "trumpet french_horn trombone tuba"),
    "wind quintet": ("classical", "flute oboe clarinet bassoon french_horn"),
    "sax quartet": ("jazz", "saxophone"),
    "duet for two violins": ("classical", "violin"),
    "solo violin": ("classical", "violin"),
    "a cello solo in D minor": ("classical", "cello"),
    "piano solo, jazz": ("jazz", "acoustic_piano"),
    "rock trio": ("rock", "electric_guitar bass_guitar drum_kit"),
    "punk power trio": ("punk", "electric_guitar bass_guitar drum_kit"),
}


@pytest.mark.parametrize("prompt", _CASES)
def test_the_band_is_counted_and_closed(prompt):
    """Exactly these play, everybody else in the catalogue is excluded, and the style is theirs."""
    brief = read_prompt(prompt, Options())
    genre, players = _CASES[prompt]
    assert brief.genres.value[0] == genre
    assert set(brief.instruments_with.value) == set(players.split())
    assert set(brief.instruments_without.value) == set(instruments()) - set(players.split())


@pytest.mark.parametrize(
    "prompt", ["pop song with a string quartet", "epic rock with string quartet and drums", "rock with a flute", "rock with a guitar solo"]
)
def test_a_guest_ensemble_leaves_the_band_open(prompt):
    """A string quartet beside a pop band is a guest: the band plays on."""
    brief = read_prompt(prompt, Options())
    assert brief.genres.value[0] in ("pop", "rock")
    assert brief.instruments_without.value == ()


def test_swinging_does_not_sing():
    """A swinging band is no misspelt singer."""
    assert "vocals" not in read_prompt("swinging jazz", Options()).instruments_with.value


def test_headings_in_other_languages():
    """A Chinese verse heading is a verse."""
    brief = read_prompt("pop", Options(), lyrics="[主歌]\n你好世界\n\n[副歌]\n啦啦啦\n")
    assert brief.lyrics is not None
    assert set(brief.lyrics.value) == {"verse", "chorus"}
