"""Another key: notes, chords and the keys of the sections, transposed; into another mode by scale degree. Drums stay."""

from contracts.context import Decision
from contracts.edits import KeyEdit
from contracts.music import Chord, ChordEvent, Key, Part, Role, Score, Section
from services.generator.arrangement.finish import into_range, without_overlaps
from services.generator.revising.degrees import KeyChange
from services.generator.revising.revoicing import revoiced
from services.generator.revising.song import Song, decided, every_part, stated, unpitched
from services.music.packs.instruments import instrument
from services.music.theory.roman import numeral_of

_OCTAVES = (0, -12, 12)
_TUNED_FX = frozenset({"tonal_riser", "downlifter", "sub_drop", "reverse_swell"})


def change_key(song: Song, edit: KeyEdit) -> tuple[Song, Decision]:
    """The song in another key."""
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
    """A part's notes by their section's change, the whole of it in the octave that its instrument plays best."""
    changed = []
    for note in part.notes:
        change = changes.get(old.section_at(note.start) or "", home)
        at = old.chord_at(note.start)
        changed.append(note._replace(pitch=change.pitch(note.pitch, at.chord if at else None)))
    low, high = instrument(part.instrument).range
    shift = min(_OCTAVES, key=lambda s: (sum(not low <= n.pitch + s <= high for n in changed), abs(s)))
    placed = into_range([n._replace(pitch=n.pitch + shift) for n in changed], low, high)
    out = part.model_copy(update={"notes": tuple(without_overlaps(placed) if not home.same_mode else sorted(placed))})
    if home.same_mode or part.role in (Role.MELODY, Role.VOCAL, Role.FX):
        return out
    return _over_new_roots(out, old, new, changes)


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
