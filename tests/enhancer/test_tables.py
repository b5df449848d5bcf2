"""The tables of knowledge: all of them load, and every name in them exists."""

import pytest

from contracts.context import Options
from contracts.music import Key
from services.enhancer.reading import read_prompt
from services.enhancer.reading.lexicon import edit_distance
from services.enhancer.reading.style_of import is_artist
from services.enhancer.reading.tables import names, table
from services.enhancer.reading.titles import title_for
from services.enhancer.reading.vocabulary import artists, near_genres, packs_of, vocabulary
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods

ORDINARY = ["horse", "child", "table", "likely", "permission", "quite", "river", "related", "story", "thought", "world"]


def test_artists_name_what_exists() -> None:
    """At least 80 artists; their styles, moods and instruments are known, their tempo ranges ordered."""
    assert len(artists()) >= 80
    for artist in artists().values():
        assert all(packs_of(style) for style in artist.genres), artist.name
        assert set(artist.moods) <= set(moods()), artist.name
        assert set(artist.instruments) <= set(instruments()), artist.name
        assert 30 <= artist.tempo_bpm[0] <= artist.tempo_bpm[1] <= 300


@pytest.mark.parametrize("name", list(artists()))
def test_every_artist_is_recognised_and_gives_traits(name: str) -> None:
    """Each artist is read after "in the style of", its tempo lies in the artist's range, and the title does not name it."""
    brief = read_prompt(f"something in the style of {name}", Options())
    assert brief.style_of is not None
    assert brief.style_of.value == name
    assert name.lower() not in brief.title.lower()
    low, high = artists()[name].tempo_bpm
    assert low <= brief.tempo_bpm.value <= high


def test_near_genres_are_played_by_packs() -> None:
    """A style without a pack names packs, instruments and moods that exist."""
    for near in near_genres().values():
        assert near.plays
        assert set(near.plays) <= set(genres())
        assert set(near.band) <= set(instruments())
        assert set(near.moods) <= set(moods())
        assert near.tempo_bpm == tuple(sorted(near.tempo_bpm))


def test_families_stand_ins_and_hybrids_name_what_exists() -> None:
    """Tables of words point to catalogue ids only."""
    extra = table("instruments_extra")
    for family in extra["families"].values():
        assert {*family["with"], *family["without"], *family.get("acoustic", ()), *family.get("electronic", ())} <= set(instruments())
    assert set(extra["stand_ins"]) <= set(instruments())
    assert all(len(styles) > 1 and all(packs_of(style) for style in styles) for styles in table("hybrids").values())
    for language in names("languages"):
        assert set(table(language).get("moods", {})) <= set(moods())
        assert set(table(language).get("instruments", {})) <= set(instruments())
        assert all(packs_of(style) for style in table(language).get("genres", {}))


@pytest.mark.parametrize("genre_id", list(genres()))
def test_every_name_of_a_genre_leads_to_it(genre_id: str) -> None:
    """Each synonym of each pack is read as that pack."""
    for phrase in (genres()[genre_id].name, *genres()[genre_id].synonyms):
        assert genre_id in read_prompt(f"{phrase}, please", Options()).genres.value, phrase


def test_every_name_of_a_mood_leads_to_it() -> None:
    """Each synonym of each mood is known to the lexicon with that meaning, unless a longer truth claims the word."""
    for mood_id, mood in moods().items():
        lost = [p for p in mood.synonyms if mood_id not in read_prompt(f"a {p} tune", Options()).moods.value]
        assert len(lost) <= 2, (mood_id, lost)


def test_mood_table_follows_the_design() -> None:
    """Tempo ranges and touch of the five moods that the design fixes."""
    fixed = {"happy": (120, 140), "sad": (60, 80), "energetic": (140, 180), "relaxed": (70, 100), "dramatic": (80, 120)}
    assert {name: moods()[name].tempo_bpm for name in fixed} == fixed
    assert [moods()[name].articulation for name in fixed] == ["staccato", "legato", "marcato", "legato", "sforzando"]
    assert all(str(Key.parse(key)) == key for mood in moods().values() for key in mood.keys)


def test_misspellings_are_forgiven_and_ordinary_words_are_not_bent() -> None:
    """One slip in a long word is understood; words of everyday speech keep their meaning."""
    lexicon = vocabulary()
    assert {word: lexicon.forgive(word) for word in ("guittar", "saxaphone", "melancholoc", "reggea")} == {
        "guittar": "guitar", "saxaphone": "saxophone", "melancholoc": "melancholic", "reggea": "reggae",
    }  # fmt: skip
    assert [w for w in ORDINARY if lexicon.forgive(w)] == []
    assert (edit_distance("abc", "acb", 2), edit_distance("abc", "abc", 2), edit_distance("abcdef", "uvwxyz", 2)) == (1, 0, 3)


def test_titles_are_stable_and_anonymous() -> None:
    """One prompt and seed, one title; no artist in two hundred of them."""
    made = [title_for("x", seed, energy=seed % 3 / 2, valence=seed % 2) for seed in range(200)]
    assert made[5] == title_for("x", 5, energy=1.0, valence=1)
    assert not any(is_artist(title) for title in made)
    assert len(set(made)) > 100
