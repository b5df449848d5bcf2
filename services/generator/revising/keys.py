"""Another key: notes, chords and the keys of the sections, transposed; into another mode by scale degree. Drums stay."""

from collections.abc import Iterable

from contracts.context import Decision
from contracts.edits import KeyEdit
from contracts.music import Chord, ChordEvent, Key, Note, Part, Role, Score, Section
from services.generator.arrangement.finish import into_range, without_overlaps
from services.generator.revising.degrees import KeyChange
from services.generator.revising.revoicing import revoiced
from services.generator.revising.song import Song, decided, every_part, listed, sections_of, stated, unpitched
from services.generator.revising.splicing import inside, spliced
from services.music.packs.instruments import instrument
from services.music.theory.roman import numeral_of

_OCTAVES = (0, -12, 12)
_TUNED_FX = frozenset({"tonal_riser", "downlifter", "sub_drop", "reverse_swell"})


def change_key(song: Song, edit: KeyEdit) -> tuple[Song, Decision]:
    """The song in another key, or some sections of it."""
    names = sections_of(song.score, edit.sections, "key.sections")
    if len(names) < len(song.score.sections):
        return change_section_keys(song, names, Key.parse(edit.key))
    old, new = song.score.key_value, Key.parse(edit.key)
    score, sheet = _in_key(song.score, new), _in_key(song.sheet, new)
    chords = {label: tuple(_bar(bar, KeyChange(old, new)) for bar in bars) for label, bars in song.brief.chords.value.items()}
    brief = song.brief.model_copy(
        update={
            "key": stated(song.brief.key, str(new), edit.words),
            "chords": song.brief.chords.model_copy(update={"value": chords}),
        }
    )
    semitones = KeyChange(old, new).semitones
    way = f"{abs(semitones)} semitones {'up' if semitones > 0 else 'down'}" if semitones else "on the same tonic"
    how = "transposed" if old.mode == new.mode else f"by scale degree, from {old.mode} to {new.mode}"
    return song.moved(score, sheet, brief), decided("key", f"{old} → {new}, {way}", f"{how}; rhythm and drums stay as they are")


def _bar(bar: str, change: KeyChange) -> str:
    return " ".join(one if one == "." else str(change.chord(Chord.parse(one))) for one in bar.split())


def _in_key(score: Score, new: Key) -> Score:
    """A score in a key; its modulations lead as far from home as before."""
    old = score.key_value
    changes = {name: _of_section(section, old, new) for name, section in score.sections.items()}
    sections = {name: _section(section, changes[name]) for name, section in score.sections.items()}
    moved = score.model_copy(update={"key": str(new), "sections": sections})

    def part_in_key(name: str, part: Part) -> Part:
        if unpitched(part) or (part.role is Role.FX and (part.patch or name) not in _TUNED_FX and name not in _TUNED_FX):
            return part
        return _part(part, score, moved, changes, KeyChange(old, new))

    return every_part(moved, part_in_key)


def _of_section(section: Section, old: Key, new: Key) -> KeyChange:
    key = Key.parse(section.key) if section.key else old
    home = KeyChange(old, new)
    mode = new.mode if key.mode == old.mode else key.mode
    tonic = key.transpose(home.semitones).tonic if str(key) != str(old) else new.tonic
    return KeyChange(key, Key(tonic, mode))


def _section(section: Section, change: KeyChange) -> Section:
    events = tuple(_event(event, change) for event in section.chords)
    return section.model_copy(update={"key": str(change.new), "chords": events})


def _event(event: ChordEvent, change: KeyChange) -> ChordEvent:
    chord = change.chord(event.chord)
    roman = numeral_of(chord, change.new)
    if change.same_mode:  # a numeral is the same in every key; one with a note's name in the bass is named anew
        roman = chord.roman(change.new) if event.roman == event.chord.roman(change.old) else event.roman
    return event.model_copy(update={"symbol": str(chord), "roman": roman})


def _part(part: Part, old: Score, new: Score, changes: dict[str, KeyChange], home: KeyChange) -> Part:
    """A part's notes by their section's change."""
    notes = ((note, changes.get(old.section_at(note.start) or "", home)) for note in part.notes)
    return _played(part, notes, old, new, changes, same_mode=home.same_mode)


def _played(
    part: Part, notes: Iterable[tuple[Note, KeyChange]], old: Score, new: Score, changes: dict[str, KeyChange], *, same_mode: bool
) -> Part:
    """A part with these notes alone, each by its change, all of them in the octave that its instrument plays best."""
    changed = []
    for note, change in notes:
        at = old.chord_at(note.start)
        changed.append(note._replace(pitch=change.pitch(note.pitch, at.chord if at else None)))
    low, high = instrument(part.instrument).range
    shift = min(_OCTAVES, key=lambda s: (sum(not low <= n.pitch + s <= high for n in changed), abs(s)))
    placed = into_range([n._replace(pitch=n.pitch + shift) for n in changed], low, high)
    out = part.model_copy(update={"notes": tuple(without_overlaps(placed) if not same_mode else sorted(placed))})
    if same_mode or part.role in (Role.MELODY, Role.VOCAL, Role.FX):
        return out
    return _over_new_roots(out, old, new, changes)


def change_section_keys(song: Song, names: tuple[str, ...], key: Key) -> tuple[Song, Decision]:
    """Some sections in a key, each from its own; the others keep every note, and what rings into them from before is let go."""
    old = song.score
    changes = {name: KeyChange(Key.parse(old.sections[name].key or old.key), key) for name in names}
    spans = {name: song.ticks(name) for name in names}
    score, sheet = (_modulated(one, changes, spans) for one in (old, song.sheet))
    way = sorted({change.semitones for change in changes.values()})
    steps = ", ".join(f"{abs(s)} semitones {'up' if s > 0 else 'down'}" if s else "on the same tonic" for s in way)
    told = decided("key", f"{key} in {listed(names)}, {steps}", "the other sections, the rhythm and the drums stay as they are")
    return song.moved(score, sheet), told


def _modulated(score: Score, changes: dict[str, KeyChange], spans: dict[str, tuple[int, int]]) -> Score:
    sections = {n: _section(section, changes[n]) if n in changes else section for n, section in score.sections.items()}
    moved = score.model_copy(update={"sections": sections})

    def over(name: str, part: Part) -> Part:
        if unpitched(part) or (part.role is Role.FX and (part.patch or name) not in _TUNED_FX and name not in _TUNED_FX):
            return part
        for section, change in changes.items():
            if any(inside(note.start, [spans[section]]) for note in part.notes):
                part = spliced(part, _changed(part, score, moved, section, change, spans[section]), [spans[section]])
        return part

    return every_part(moved, over)


def _changed(part: Part, old: Score, new: Score, section: str, change: KeyChange, span: tuple[int, int]) -> Part:
    """A part as it plays one section in its new key."""
    notes = ((note, change) for note in part.notes if inside(note.start, [span]))
    others = {name: KeyChange(old.key_value, old.key_value) for name in old.sections}
    return _played(part, notes, old, new, {**others, section: change}, same_mode=change.same_mode)


def _over_new_roots(part: Part, old: Score, new: Score, changes: dict[str, KeyChange]) -> Part:
    """Where the new mode took another chord than the degree's own, the band plays that one."""
    spans = []
    events = [
        (name, event, fresh) for name, s in old.sections.items() for event, fresh in zip(s.chords, new.sections[name].chords, strict=True)
    ]
    ticks = [old.bar_tick(event.bar, event.beat) for _, event, _ in events] + [old.end_tick]
    for index, (name, event, fresh) in enumerate(events):
        by_degree = (changes[name].pitch(60 + event.chord.root_class, event.chord)) % 12
        if by_degree != fresh.chord.root_class:
            spans.append((ticks[index], ticks[index + 1], fresh.chord))
    return revoiced(part, spans, new) if spans else part
