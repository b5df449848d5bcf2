"""A song laid out anew: sections made of stretches of the old ones, of returns whose band plays anew, and of fresh bars."""

from dataclasses import dataclass
from itertools import pairwise

from contracts.brief import SectionPlan, Source
from contracts.music import Part, Score, Section
from services.generator.composition import compose
from services.generator.composition.slowing import ritard_of, slowing, unslowed
from services.generator.revising.song import LEADS, Song
from services.generator.revising.splicing import Stretch, spliced, taken
from services.generator.revising.tempo import settled_map, tempo_at

_PRIME = 104_729


@dataclass(frozen=True)
class Run:
    """Bars of a section: from bar `first` (0 is its first) of `source`, or `fresh`, by the name under which they are written.

    `kept`: all notes stay. Else it is a return: the lead stays and the band plays anew.
    """

    bars: int
    source: str = ""
    first: int = 0
    kept: bool = True
    fresh: str = ""


@dataclass(frozen=True)
class Slot:
    """A section of the new song."""

    name: str
    label: str
    runs: tuple[Run, ...]

    @property
    def bars(self) -> int:
        """Its length."""
        return sum(run.bars for run in self.runs)


def whole(score: Score) -> list[Slot]:
    """The song as it is."""
    return [Slot(name, section.label, (Run(section.bars, name),)) for name, section in score.sections.items()]


def laid_out(song: Song, slots: list[Slot]) -> tuple[Score, Score]:
    """Score and lead sheet of the new form. Tempo, meter, key and ending are the song's; a section keeps its own tempo."""
    written = {run.fresh: _composed(song, slot, run, index) for index, slot in enumerate(slots) for run in slot.runs if run.fresh}
    sections = _sections(song.score, slots, written)
    frame = song.score.model_copy(update={"sections": sections})
    steady = song.score.model_copy(update={"tempo_map": unslowed(song.score)})
    frame = frame.model_copy(update={"tempo_map": _tempos(steady, frame, slots)})
    frame = frame.model_copy(update={"tempo_map": slowing(frame, ritard_of(song.score))})
    stretches = {fresh: _stretches(song.score, slots, fresh) for fresh in ("", *written)}
    leads = {name: _lead(name, part, stretches, written, frame.end_tick) for name, part in song.sheet.parts.items()}
    sheet = frame.model_copy(update={"parts": leads})
    if all(run.kept and not run.fresh for slot in slots for run in slot.runs):
        parts = {name: taken(part, stretches[""], frame.end_tick) for name, part in song.score.parts.items()}
        return frame.model_copy(update={"parts": _sounding(parts)}), sheet
    played = song.rehearsed(sheet).parts
    anew = _spans(frame, slots)
    parts = {}
    for name, part in song.score.parts.items():
        kept = taken(part, stretches[""], frame.end_tick)
        fresh = played.get(name)
        if fresh is not None and fresh.instrument == part.instrument:
            spans = anew if name not in LEADS else [span for span, run in _with_runs(frame, slots) if run.fresh]
            kept = spliced(kept, fresh, spans) if spans else kept
        parts[name] = kept
    return frame.model_copy(update={"parts": _sounding(parts)}), sheet


def _sounding(parts: dict[str, Part]) -> dict[str, Part]:
    return {name: part for name, part in parts.items() if part.notes}


def _with_runs(frame: Score, slots: list[Slot]) -> list[tuple[tuple[int, int], Run]]:
    """Every run with its ticks in the new song."""
    bar, tick, out = frame.meter_value.ticks_per_bar, 0, []
    for slot in slots:
        for run in slot.runs:
            out.append(((tick, tick + run.bars * bar), run))
            tick += run.bars * bar
    return out


def _spans(frame: Score, slots: list[Slot]) -> list[tuple[int, int]]:
    """Where the band plays anew."""
    return [span for span, run in _with_runs(frame, slots) if run.fresh or not run.kept]


def _stretches(old: Score, slots: list[Slot], fresh: str) -> list[Stretch]:
    """Where what was there lies now; with a name, where the bars written under it lie."""
    bar, tick, out = old.meter_value.ticks_per_bar, 0, []
    for run in (run for slot in slots for run in slot.runs):
        end = tick + run.bars * bar
        if run.fresh == fresh:
            origin = old.bar_tick(old.sections[run.source].start_bar) + run.first * bar if run.source else 0
            out.append(Stretch(tick, end, origin))
        tick = end
    return out


def _tempos(old: Score, frame: Score, slots: list[Slot]) -> tuple[tuple[int, float], ...]:
    """The tempos of the bars where they lie now; fresh bars are in the song's own."""
    if not old.tempo_map:
        return ()
    bar, changes = old.meter_value.ticks_per_bar, list[tuple[int, float]]()
    for (start, _), run in _with_runs(frame, slots):
        origin = old.bar_tick(old.sections[run.source].start_bar) + run.first * bar if run.source else 0
        changes.append((start, tempo_at(old, origin) if run.source else old.tempo_bpm))
        inner = [one for one in old.tempo_map if origin < one[0] < origin + run.bars * bar] if run.source else []
        changes += [(start + tick - origin, bpm) for tick, bpm in inner]
    return settled_map(tuple(changes), frame)


def _sections(old: Score, slots: list[Slot], written: dict[str, Score]) -> dict[str, Section]:
    out: dict[str, Section] = {}
    bar = 1
    for slot in slots:
        events, at = [], bar
        first = slot.runs[0]
        model = old.sections[first.source] if first.source else next(iter(written[first.fresh].sections.values()))
        for run in slot.runs:
            source = old.sections[run.source] if run.source else next(iter(written[run.fresh].sections.values()))
            low = source.start_bar + run.first
            inside = [e for e in source.chords if low <= e.bar < low + run.bars]
            before = [e for e in source.chords if (e.bar, e.beat) <= (low, 1.0)]
            if before and (not inside or (inside[0].bar, inside[0].beat) > (low, 1.0)):
                inside.insert(0, before[-1].model_copy(update={"bar": low, "beat": 1.0}))
            events += [e.model_copy(update={"bar": e.bar - low + at}) for e in inside]
            at += run.bars
        known = old.sections.get(slot.name, model)
        out[slot.name] = known.model_copy(
            update={
                "start_bar": bar, "bars": slot.bars, "chords": tuple(events), "label": slot.label, "source": "", "source_bar": 0,
                "kept": False,
            }
        )  # fmt: skip
        bar += slot.bars
    return out


def _lead(name: str, part: Part, stretches: dict[str, list[Stretch]], written: dict[str, Score], end: int) -> Part:
    """A tune of the lead sheet over the new form."""
    out = taken(part, stretches[""], end)
    notes, words = list(out.notes), list(out.lyrics)
    for fresh, score in written.items():
        if name in score.parts:
            more = taken(score.parts[name], stretches[fresh], end)
            notes, words = [*notes, *more.notes], [*words, *more.lyrics]
    return out.model_copy(update={"notes": tuple(sorted(notes)), "lyrics": tuple(sorted(words))})


def _composed(song: Song, slot: Slot, run: Run, index: int) -> Score:
    """Fresh bars in the song's tempo, meter, key and style."""
    score = song.score
    energy = _between(score, slot)
    asked = {
        "structure": (SectionPlan(label=slot.label, bars=run.bars, energy=energy),),
        "duration_s": run.bars * score.meter_value.bar_seconds(score.tempo_bpm) + 2.0,
        "tempo_bpm": score.tempo_bpm,
        "meter": score.meter,
        "key": score.key,
    }
    fields = {k: getattr(song.brief, k).model_copy(update={"value": v, "source": Source.STATED}) for k, v in asked.items()}
    brief = song.brief.model_copy(update={**fields, "ending": None, "lyrics": None})
    return compose(brief, song.own_seed("section", index + _PRIME)).score


def _between(score: Score, slot: Slot) -> float | None:
    """Energy of a fresh section: the composer's own, unless the song's are all alike."""
    energies = [section.energy for section in score.sections.values()]
    flat = all(abs(a - b) < 0.02 for a, b in pairwise(energies))
    del slot
    return energies[0] if flat and energies else None
