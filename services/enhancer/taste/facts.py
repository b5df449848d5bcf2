"""A song in the terms in which taste is learned: names, and numbers as distances from what its style usually has."""

import math

from contracts.brief import Brief
from contracts.context import Context
from contracts.errors import BadInput
from contracts.music import Key
from contracts.preferences import Facts
from services.enhancer.reading.durations import DEFAULT_S
from services.music.packs.genres import genres


def facts_of(context: Context) -> Facts:
    """What a made song was. Raises BadInput for a context that holds no brief yet."""
    if context.ideation is None:
        raise BadInput("liked", context.job_id, "a song that got as far as its brief")
    brief = context.ideation.brief
    played = tuple(dict.fromkeys(plan.instrument for plan in context.production.plan.values())) if context.production else ()
    return _facts(brief, played or brief.instruments_with.value)


def _facts(brief: Brief, players: tuple[str, ...]) -> Facts:
    return Facts(
        names={
            "genre": brief.genres.value,
            "mood": brief.moods.value,
            "instrument": players,
            "mode": ("minor" if Key.parse(brief.key.value).is_minor else "major",),
            "meter": (brief.meter.value,),
        },
        numbers=_distances(brief),
    )


def _distances(brief: Brief) -> dict[str, float]:
    """How far the song stood from its style: octaves of tempo and of length, parts of the scales of energy and valence."""
    style = genres().get(brief.genres.value[0])
    found = {"duration": math.log2(brief.duration_s.value / DEFAULT_S)}
    if style:
        found["tempo"] = math.log2(brief.tempo_bpm.value / style.identity.tempo_bpm[1])
        found["energy"] = brief.energy.value - style.identity.energy
        found["valence"] = brief.valence.value - style.identity.valence
    return {name: round(value, 4) for name, value in sorted(found.items())}
