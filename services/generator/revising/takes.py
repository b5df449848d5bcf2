"""Another take: some parts of some sections written anew over the same form and chords."""

from contracts.brief import SectionPlan, Source
from contracts.context import Decision
from contracts.edits import RewriteEdit
from contracts.errors import BadInput
from contracts.music import Key, Meter, Note, Part, Role, Score
from services.generator.arrangement.arranger import Rehearsal, Wish
from services.generator.arrangement.finish import without_overlaps
from services.generator.arrangement.frame import Level
from services.generator.blending import blended
from services.generator.composition.counter import Counter
from services.generator.composition.form import Form, plan_form
from services.generator.composition.grid import Grid
from services.generator.composition.harmony import SectionHarmony
from services.generator.composition.lead import register_of
from services.generator.composition.takes import best_take
from services.generator.revising.song import LEADS, Song, decided, listed, parts_of, sections_of
from services.generator.revising.splicing import EARLY, inside, spliced
from services.music.packs.instruments import instrument
from services.music.packs.meters import grouped
from services.music.packs.rhythm import DRUM_VOICES

_LEVELS: tuple[Level, ...] = ("low", "mid", "high")
_BUSIER = 0.15
_REST_BARS = 2
_ROOM = 440
"""Ticks between two strokes that leave room for one more: nearly an eighth."""
_CORE = frozenset({DRUM_VOICES["kick"], DRUM_VOICES["snare"]})


def rewrite(song: Song, edit: RewriteEdit) -> tuple[Song, Decision]:
    """The song with another take of some parts in some sections."""
    parts = parts_of(song.score, edit.parts)
    names = sections_of(song.score, edit.sections)
    spans = [song.ticks(name) for name in names]
    leads = [name for name in parts if name in LEADS]
    sheet = _new_leads(song, leads, spans, edit) if leads else song.sheet
    takes = _takes(song.moved(song.score, sheet), names, edit)
    out = dict(song.score.parts)
    for name in parts:
        written = [take.parts[name] for take in takes if name in take.parts and take.parts[name].instrument == out[name].instrument]
        if not written:
            raise BadInput("rewrite.parts", name, ", ".join(takes[0].parts))
        fresh = _nearest(written, out[name], spans, edit.density)
        fresh = fresh if name in LEADS else _resting_as(fresh, out[name], song.score.meter_value.ticks_per_bar)
        out[name] = spliced(out[name], _as_dense(fresh, out[name], spans, edit.density, song.score.meter_value.ticks_per_beat), spans)
    out = {name: part for name, part in out.items() if part.notes}
    if not out:
        raise BadInput("rewrite.parts", ", ".join(parts), "parts that have something to play")
    kind = "busier" if edit.density > _BUSIER else "sparser" if edit.density < -_BUSIER else "another take"
    told = decided(
        "take",
        f"{listed(parts)} in {listed(names, len(song.score.sections))}: {kind}",
        "written anew over the same form and chords; a hook is the same wherever it returns",
        parts=list(parts),
        sections=list(names),
        seed=edit.seed,
    )
    return song.moved(song.score.model_copy(update={"parts": out}), sheet), told


def _takes(song: Song, names: tuple[str, ...], edit: RewriteEdit) -> list[Rehearsal]:
    """The band with other draws in the same plan, as lively as before; where it is to be busier or sparser, also by a level.

    Every part plays wherever it played before; a pick-up into the next section is not playing.
    """
    step = (edit.density > _BUSIER) - (edit.density < -_BUSIER)
    usual = song.rehearsed().plan.levels
    moved: dict[str, Level] = {name: _LEVELS[min(max(_LEVELS.index(level) + step, 0), 2)] for name, level in usual.items()}
    joining = {part: frozenset(n for n in names if _plays(song, part, n)) for part in song.score.parts}
    seed = song.own_seed("take", edit.seed)
    return [song.rehearsed(wish=Wish(joining=joining, levels=one, seed=seed)) for one in ([usual, moved] if step else [usual])]


def _nearest(takes: list[Part], before: Part, spans: list[tuple[int, int]], density: float) -> Part:
    """In each span the take whose number of notes comes nearest to what was asked."""
    out = takes[0]
    for span in spans if len(takes) > 1 else ():
        wanted = (1.0 + 0.6 * density) * sum(inside(n.start, [span]) for n in before.notes)
        best = min(takes, key=lambda take: abs(sum(inside(n.start, [span]) for n in take.notes) - wanted))
        out = spliced(out, best, [span]) if best is not takes[0] else out
    return out


def _plays(song: Song, part: str, section: str) -> bool:
    """Whether a part plays in half of a section's bars at least."""
    start, end = song.ticks(section)
    bar = song.score.meter_value.ticks_per_bar
    bars = {note.start // bar for note in song.score.parts[part].notes if inside(note.start, [(start, end)])}
    return 2 * len(bars) >= (end - start) // bar


def _new_leads(song: Song, leads: list[str], spans: list[tuple[int, int]], edit: RewriteEdit) -> Score:
    """The lead sheet with the tune, or its answer, composed anew in some spans."""
    form, harmony = form_of(song), harmony_of(song)
    harmony = {slot.id: harmony[name] for slot, name in zip(form.slots, song.sheet.sections, strict=True)}
    pack, seed = blended(song.brief), song.own_seed("melody", edit.seed)
    low, usual, high = pack.melody.notes_per_beat
    per_beat = usual + (high - usual if edit.density > 0 else usual - low) * edit.density
    table = pack.melody.model_copy(update={"notes_per_beat": (min(low, per_beat), per_beat, max(high, per_beat))})
    pack = pack.model_copy(update={"melody": table})
    parts = dict(song.sheet.parts)
    grid = Grid(grouped(Meter.parse(song.sheet.meter), song.brief.genres.value[0]))
    if "melody" in leads and "melody" in parts:
        register = register_of(parts["melody"].instrument, pack.melody)
        notes = best_take(song.brief, pack, form, harmony, register, seed)[0].notes
        parts["melody"] = _with_words(parts["melody"], notes, spans)
    if "counter" in leads and "counter" in parts:
        register = register_of(parts["counter"].instrument, pack.melody)
        tune = parts["melody"].notes if "melody" in parts else ()
        answer = Counter(pack.melody, form, harmony, grid, register, seed).write(tune, [])
        parts["counter"] = spliced(parts["counter"], parts["counter"].model_copy(update={"notes": tuple(answer)}), spans)
    return song.sheet.model_copy(update={"parts": parts})


def _with_words(part: Part, notes: tuple[Note, ...], spans: list[tuple[int, int]]) -> Part:
    """A new tune; where words are sung it keeps the rhythm that they need and takes the new pitches."""
    if not part.lyrics:
        return spliced(part, part.model_copy(update={"notes": tuple(notes)}), spans)
    ordered = sorted(notes)
    out = []
    for note in part.notes:
        near = min(ordered, key=lambda n: abs(n.start - note.start)) if ordered else note
        out.append(note._replace(pitch=near.pitch) if inside(note.start, spans) else note)
    return part.model_copy(update={"notes": tuple(sorted(out))})


def form_of(song: Song) -> Form:
    """The song's own sections as the composer reads a form."""
    plans = tuple(SectionPlan(label=s.label, bars=s.bars, energy=s.energy) for s in song.sheet.sections.values())
    structure = song.brief.structure.model_copy(update={"value": plans, "source": Source.STATED})
    pack = blended(song.brief)
    return plan_form(song.brief.model_copy(update={"structure": structure}), pack.form, pack.identity.energy, song.seed)


def harmony_of(song: Song) -> dict[str, SectionHarmony]:
    """The chords of the song's own sections, by their ids, as the composer reads them."""
    out = {}
    for name, section in song.sheet.sections.items():
        numerals = " | ".join(event.roman for event in section.chords)
        out[name] = SectionHarmony(Key.parse(section.key or song.sheet.key), section.chords, numerals, stated=True)
    return out


def _resting_as(fresh: Part, before: Part, bar: int) -> Part:
    """A take that rests where its player rested before, and plays where it played: two bars and more of silence are the arrangement's."""
    ours, theirs = ({(note.start + EARLY) // bar for note in part.notes} for part in (before, fresh))
    last = max(ours | theirs, default=0)
    silent = _runs([n for n in range(last + 1) if n not in ours])
    missing = _runs([n for n in range(last + 1) if n not in theirs and n in ours])
    out = spliced(fresh, None, [(a * bar, b * bar) for a, b in silent]) if silent else fresh
    return spliced(out, before, [(a * bar, b * bar) for a, b in missing]) if missing else out


def _runs(bars: list[int]) -> list[tuple[int, int]]:
    """Stretches [first, after the last) of two bars and more."""
    out: list[tuple[int, int]] = []
    for number in bars:
        if out and out[-1][1] == number:
            out[-1] = (out[-1][0], number + 1)
        else:
            out.append((number, number + 1))
    return [run for run in out if run[1] - run[0] >= _REST_BARS]


def _as_dense(fresh: Part, before: Part, spans: list[tuple[int, int]], density: float, beat: int) -> Part:
    """As busy as was asked against what was played before: weak notes go, or long ones are struck again, until it is."""
    if abs(density) <= _BUSIER:
        return fresh
    drums = instrument(fresh.instrument).is_drums or fresh.role in (Role.DRUMS, Role.PERCUSSION)
    made = [n for n in fresh.notes if not inside(n.start, spans)]
    for span in spans:
        ours = sorted(n for n in fresh.notes if inside(n.start, [span]))
        wanted = max(round(sum(inside(n.start, [span]) for n in before.notes) * (1.0 + 0.6 * density)), 1)
        made += _thinned(ours, wanted, beat, drums=drums) if density < 0 else _struck_again(ours, wanted, drums=drums)
    return fresh.model_copy(update={"notes": tuple(without_overlaps(made))})


def _thinned(notes: list[Note], wanted: int, beat: int, *, drums: bool) -> list[Note]:
    """The notes that carry a line: kick and snare, and what stands on beats."""

    def weight(note: Note) -> tuple[int, int, int]:
        off = note.start % beat
        return (0 if drums and note.pitch in _CORE else 1, min(off, beat - off) // 60, -note.velocity)

    return sorted(sorted(notes, key=weight)[:wanted])


def _struck_again(notes: list[Note], wanted: int, *, drums: bool) -> list[Note]:
    """Notes with as many more as are wanted: cymbals and shakers halfway to their next stroke, held notes once more, softer."""
    following: dict[int, int] = {}
    gaps: list[tuple[int, Note]] = []
    for note in reversed(notes):
        gap = following.get(note.pitch, note.end) - note.start if drums else note.duration
        following[note.pitch] = note.start
        if _ROOM <= gap <= 4 * _ROOM and not (drums and note.pitch in _CORE):
            gaps.append((gap, note))
    chosen = sorted(gaps, key=lambda pair: (-pair[0], pair[1].start))[: max(wanted - len(notes), 0)]
    halves = {note: gap // 2 for gap, note in chosen}
    out: list[Note] = []
    for note in notes:
        half = halves.get(note)
        if half is None:
            out.append(note)
            continue
        length = min(note.duration, half)
        out += [
            note._replace(duration=length),
            note._replace(start=note.start + half, duration=length, velocity=round(0.82 * note.velocity)),
        ]
    return out
