"""What was asked of a song: the user's words where there are any, otherwise what the composer confirmed."""

from dataclasses import dataclass, field
from typing import Any

from contracts.brief import Brief
from contracts.context import Context
from contracts.errors import BadInput
from contracts.features import Features
from contracts.music.key import Key
from contracts.music.score import Score

FADER_DOWN_DB = -40.0


@dataclass(frozen=True)
class Asked:
    """The values that the checks compare with; seconds, BPM of the felt beat, LUFS, dBTP."""

    tempo_bpm: float
    key: Key
    duration_s: float
    bar_s: float
    target_lufs: float
    ceiling_dbtp: float
    limited_by_ceiling: bool = False
    reference: Features | None = None
    brought_tune: bool = False
    """Whether the user brought notes to build on: what is theirs is not judged against the reference."""
    empty_bands: int = 0
    muted: frozenset[str] = frozenset()
    """Parts that the user took out of the mix: they are in the score and not in the record."""
    formats: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What mastering says of each format (by its file) and edition (by its name): gain, bars, why it is not made."""


def _stated_bars(brief: Brief) -> bool:
    """Whether the user fixed the length by naming every section's bars."""
    plan = brief.structure
    return plan.is_stated and bool(plan.value) and all(section.bars for section in plan.value)


def _told(context: Context) -> dict[str, dict[str, Any]]:
    settings = context.mastering.settings if context.mastering else {}
    return {**settings.get("formats", {}), **settings.get("editions", {})}


def _muted(context: Context) -> frozenset[str]:
    """Parts that do not sound by the user's own edit of the mix: muted, or at the fader's lowest."""
    channels: dict[str, dict[str, Any]] = context.mixing.settings.get("channels", {}) if context.mixing else {}
    return frozenset(name for name, row in channels.items() if row.get("muted") or row.get("level_edit_db", 0.0) <= FADER_DOWN_DB)


def asked_of(context: Context, score: Score) -> Asked:
    """What `context` asks of the song whose notes are `score`.

    A stated tempo, key or duration is taken from the brief; an inferred one as the composer confirmed it in
    `context.musical`. Bars stated for every section decide the length where no duration was stated.
    Raises BadInput for a context without a brief.
    """
    if context.ideation is None:
        raise BadInput("context", "no brief", "a context that has passed ideation")
    brief, musical = context.ideation.brief, context.musical
    tempo = brief.tempo_bpm.value if brief.tempo_bpm.is_stated or musical is None else musical.tempo_bpm
    key = brief.key.value if brief.key.is_stated or musical is None else musical.key
    duration = brief.duration_s.value
    if _stated_bars(brief) and not brief.duration_s.is_stated:
        duration = score.duration_s
    return Asked(
        tempo_bpm=tempo,
        key=Key.parse(key),
        duration_s=duration,
        bar_s=score.meter_value.bar_seconds(tempo),
        target_lufs=context.technical.target_lufs,
        ceiling_dbtp=context.technical.true_peak_ceiling_dbtp,
        limited_by_ceiling=bool(context.mastering and context.mastering.limited_by_ceiling),
        reference=context.analysis.features if context.analysis else None,
        brought_tune=bool(context.request.midi or context.request.hum or context.request.base),
        empty_bands=len(context.mastering.settings.get("empty_bands_hz", ())) if context.mastering else 0,
        muted=_muted(context),
        formats=context.request.options.formats,
        editions=context.request.options.editions,
        told=_told(context),
    )
