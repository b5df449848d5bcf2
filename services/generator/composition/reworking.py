"""A finished song extended, shortened or carried on: its lead sheet, with what is new written in its own style."""

from collections.abc import Callable

from contracts.brief import Brief, SectionPlan, Source
from contracts.context import Decision
from contracts.errors import BadInput
from contracts.music import Note, Part, Score, Section
from contracts.pipeline import Stage
from services.generator.blending import blended
from services.generator.composition.form import bars_for, tail_for
from services.generator.composition.functions import section_ids
from services.generator.composition.resizing import Mode, Piece, resized, sections
from services.generator.composition.slowing import longer_beats, ritard_of, slowing, unslowed

Write = Callable[[Brief, int], Score]
_PRIME = 104_729
_LEADS = ("melody", "counter")


def rework(base: Score, brief: Brief, seed: int, mode: Mode | None, write: Write) -> tuple[Score, Decision]:
    """The lead sheet of the resized song and what was done. Tempo, meter and key are the base's.

    Args:
        base: the finished song.
        brief: what is wanted; its duration and ending count.
        seed: of what is written anew.
        mode: extend, shorten, continue, or None: by the duration.
        write: composes a brief into a lead sheet, for new sections.

    Raises:
        BadInput: the base has no sections.
    """
    if not base.sections:
        raise BadInput("base", base.title or "a score", "a score.json with sections")
    bar_s = base.meter_value.bar_seconds(base.tempo_bpm)
    ending = brief.ending.value if brief.ending else "natural"
    table = blended(brief).form
    ritard = ritard_of(base) if ending == "natural" else 0.0
    slow_s = longer_beats(ritard, base.meter_value.ticks_per_bar / base.meter_value.ticks_per_beat) * 60.0 / base.tempo_bpm
    bars = bars_for(brief.duration_s.value - slow_s, bar_s, table, ending)
    pieces = resized(base, bars, mode)
    fresh, written = _written(pieces, base, brief, seed, write)
    form = sections(pieces, base, fresh)
    total = sum(piece.bars for piece in pieces)
    score = base.model_copy(
        update={
            "sections": form,
            "parts": {name: _lead(name, form, base, written) for name in _LEADS if name in base.parts},
            "ending": ending,
            "tail_s": round(tail_for(brief.duration_s.value, total * bar_s + slow_s, bar_s, table, ending), 4),
            "tempo_map": unslowed(base),
        }
    )
    score = score.model_copy(update={"tempo_map": slowing(score, ritard)})
    return score, _told(base, pieces, score)


def _written(pieces: list[Piece], base: Score, brief: Brief, seed: int, write: Write) -> tuple[dict[str, Section], dict[str, Score]]:
    """New sections by id, and the lead sheets that they come from."""
    fresh: dict[str, Section] = {}
    scores: dict[str, Score] = {}
    bar_s = base.meter_value.bar_seconds(base.tempo_bpm)
    for index, (name, piece) in enumerate(zip(section_ids([p.label for p in pieces]), pieces, strict=True)):
        if piece.source:
            continue
        asked = {
            "structure": (SectionPlan(label=piece.label, bars=piece.bars),),
            "duration_s": piece.bars * bar_s + 2.0,
            "tempo_bpm": base.tempo_bpm,
            "meter": base.meter,
            "key": base.key,
        }
        fields = {k: getattr(brief, k).model_copy(update={"value": v, "source": Source.STATED}) for k, v in asked.items()}
        scores[name] = write(brief.model_copy(update={**fields, "ending": None, "lyrics": None}), seed + _PRIME * (index + 1))
        fresh[name] = next(iter(scores[name].sections.values()))
    return fresh, scores


def _lead(name: str, form: dict[str, Section], base: Score, written: dict[str, Score]) -> Part:
    """A lead part over the new form: the base's notes where a section has a source, new ones elsewhere."""
    notes: list[Note] = []
    for section_id, section in form.items():
        bar = base.meter_value.ticks_per_bar
        start = (section.start_bar - 1) * bar
        score = base if section.source else written[section_id]
        origin = (base.sections[section.source].start_bar - 1 + section.source_bar) * bar if section.source else 0
        part = score.parts.get(name)
        inside = [n for n in part.notes if origin <= n.start < origin + section.bars * bar] if part else []
        notes += [Note(n.start - origin + start, n.duration, n.pitch, n.velocity) for n in inside]
    return base.parts[name].model_copy(update={"notes": tuple(notes), "controls": {}, "lyrics": ()})


def _told(base: Score, pieces: list[Piece], score: Score) -> Decision:
    names = section_ids([piece.label for piece in pieces])
    dropped = [name for name in base.sections if name not in {p.source for p in pieces if p.source and p.kept}]
    returns = [f"{name} returns to {p.source}" for name, p in zip(names, pieces, strict=True) if p.source and not p.kept]
    fresh = [f"{name} ({p.bars} bars) is new" for name, p in zip(names, pieces, strict=True) if not p.source]
    cut = [
        f"{p.source} keeps {p.bars} of {base.sections[p.source].bars} bars"
        for p in pieces
        if p.source and p.kept and p.bars < base.sections[p.source].bars
    ]
    what = "; ".join([*returns, *fresh, *cut, *([f"without {', '.join(dropped)}"] if dropped else [])]) or "as it was"
    return Decision(
        stage=Stage.COMPOSITION,
        topic="form",
        choice=f"{base.bars} bars become {score.bars}: {what}",
        why="the sections that stay keep every note; a return keeps its tune and is played anew",
        parameters={name: p.source for name, p in zip(names, pieces, strict=True)},
    )
