"""What there is to ask for: genres, moods and instruments, as plain values for the command line and the API."""

from typing import Any

from services.enhancer.reading.vocabulary import near_genres
from services.music.packs.genres import genres, own_packs
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods

Entry = dict[str, Any]


def catalog() -> dict[str, list[Entry]]:
    """Kind -> entries in id order. A genre with `plays` has no pack of its own yet: prompts may name it, options may not."""
    return {"genres": [*_packs(), *_near()], "moods": _moods(), "instruments": _instruments()}


def _packs() -> list[Entry]:
    files = {own.id: str(own.path) for own in own_packs()}
    return [
        {
            "id": pack.id,
            "name": pack.name,
            "synonyms": list(pack.synonyms),
            "tempo_bpm": list(pack.identity.tempo_bpm),
            "meters": list(pack.identity.meters),
            "energy": pack.identity.energy,
            "valence": pack.identity.valence,
            "band": list(pack.identity.band),
            **({"file": files[pack.id]} if pack.id in files else {}),
        }
        for pack in genres().values()
    ]


def _near() -> list[Entry]:
    return [
        {"id": near.id, "name": near.name, "synonyms": list(near.synonyms), "tempo_bpm": list(near.tempo_bpm), "plays": list(near.plays)}
        for near in near_genres().values()
    ]


def _moods() -> list[Entry]:
    return [mood.model_dump(mode="json") for mood in moods().values()]


def _instruments() -> list[Entry]:
    kept = {"id", "name", "synonyms", "family", "gm_program", "range", "roles", "electronic"}
    return [entry.model_dump(mode="json", include=kept) for entry in instruments().values()]
