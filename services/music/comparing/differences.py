"""What differs between two songs, the big things first."""

from services.music.comparing.chords import of_chords
from services.music.comparing.desk import of_mix
from services.music.comparing.drums import of_drums
from services.music.comparing.facts import of_facts, of_form, of_places
from services.music.comparing.notes import of_notes
from services.music.comparing.players import of_players, of_sections
from services.music.comparing.songs import Difference, Song


def differences(one: Song, other: Song) -> tuple[Difference, ...]:
    """What changed from one song to the other, in a musician's words. Two songs that are the same differ in nothing.

    Sections and parts are known by their ids, so that a section that moved is still itself; a part that is called by another name is
    found by its rhythm. What is not made yet on either side (notes, mix, record) is not compared.
    """
    found = list(of_facts(one, other))
    if one.score is not None and other.score is not None:
        for what in (of_form, of_places, of_chords, of_players, of_sections, of_drums, of_notes):
            found += what(one.score, other.score)
    return (*found, *of_mix(one, other))
