"""Briefs for the composer's tests."""

from typing import Any

from hypothesis import strategies as st

from contracts.brief import Brief, Source, Stated
from contracts.music import MODES
from services.music.packs.genres import genres

METERS = ("4/4", "3/4", "6/8", "12/8", "5/4", "7/8", "2/4", "9/8", "3/2", "2/2", "5/8", "11/8", "15/16")
TONICS = ("C", "C#", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "G#", "A", "Bb", "B")


def brief(genre: str = "pop", **stated: Any) -> Brief:
    """A brief of a genre; whatever is named in `stated` counts as stated."""
    identity = genres()[genre].identity
    values: dict[str, Any] = {
        "tempo_bpm": identity.tempo_bpm[1], "key": "C major", "meter": "4/4", "duration_s": 120.0, "genres": (genre,), "moods": (),
        "energy": identity.energy, "valence": identity.valence, "instruments_with": (), "instruments_without": (), "structure": (),
        "chords": {}, "production": (), "use": "",
    }  # fmt: skip
    fields = {
        name: Stated(value=stated.get(name, value), source=Source.STATED if name in stated else Source.INFERRED).model_dump()
        for name, value in {**values, **stated}.items()
    }
    return Brief.model_validate(fields)


@st.composite
def briefs(draw: st.DrawFn) -> Brief:
    """Any genre in any key, meter, tempo and length from 10 s to 10 min, short ones more often."""
    key = f"{draw(st.sampled_from(TONICS))} {draw(st.sampled_from(sorted(MODES)))}"
    return brief(
        draw(st.sampled_from(sorted(genres()))),
        key=key,
        meter=draw(st.sampled_from(METERS)),
        tempo_bpm=draw(st.floats(40, 240)),
        duration_s=draw(st.one_of(st.floats(10, 40), st.floats(40, 200), st.floats(200, 600))),
        energy=draw(st.floats(0, 1)),
    )
