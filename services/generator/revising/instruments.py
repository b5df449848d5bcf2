"""Another instrument in a chair: the same notes where it can play them, its own patch, and the controls that it has."""

from contracts.brief import Brief
from contracts.context import Decision
from contracts.edits import InstrumentEdit
from contracts.errors import BadInput
from contracts.music import Note, Part, Role
from services.generator.arrangement.arranger import Rehearsal, named, patch_of
from services.generator.arrangement.automation import controls
from services.generator.arrangement.band import Chair
from services.generator.arrangement.finish import finished
from services.generator.arrangement.orchestra import breathed
from services.generator.revising.seats import patch_for, seat_of
from services.generator.revising.song import LEADS, Song, decided, listed, parts_of, stated, unpitched
from services.music.packs.instruments import Instrument, instrument
from services.music.renaming import of_a_kind, renamed

_OCTAVES = (0, -12, 12, -24, 24)
_OF_THE_DESK = frozenset({"gain_db", "reverb_send_db", "delay_send_db"})
"""Curves that belong to the part's place in the song, whoever plays it."""
_PHRASE_GAP = 960


def change_instrument(song: Song, edit: InstrumentEdit) -> tuple[Song, Decision]:
    """The song with other instruments in some chairs. Raises BadInput for an instrument that cannot play what they play."""
    entry = instrument(edit.instrument)
    names = parts_of(song.score, edit.parts) if edit.parts else _of_a_kind(song, entry)
    played = song.rehearsed()
    parts = dict(song.score.parts)
    called = renamed({name: part.instrument for name, part in parts.items()}, names, entry.id)
    for name in names:
        _check(parts[name], name, entry)
        chair = seat_of(played, name, parts[name], entry.id)
        patch = patch_for(entry, edit.patch) if edit.patch else patch_of(played.frame, chair)
        parts[name] = _played_by(parts[name], entry, chair, patch, played)
    ordered = {called.get(name, name): part for name, part in parts.items()}
    score = song.score.model_copy(update={"parts": ordered})
    leads = {n: p.model_copy(update={"instrument": entry.id}) if n in names and n in LEADS else p for n, p in song.sheet.parts.items()}
    before = listed(list(dict.fromkeys(_sound(song.score.parts[name]) for name in names)))
    after = listed(list(dict.fromkeys(_sound(parts[name]) for name in names)))
    told = decided(
        "instrument",
        f"{listed(names)}: {before} → {after}",
        "the same notes, in the octave where the new instrument plays them best, with the gestures that it has",
        parts={name: called[name] for name in names},
    )
    brief = _brief(song, names, entry.id, score.parts, edit.words)
    return song.moved(score, song.sheet.model_copy(update={"parts": leads}), brief), told


def _of_a_kind(song: Song, entry: Instrument) -> tuple[str, ...]:
    """Nothing named: the part that does what this instrument does."""
    found = of_a_kind({name: part.role.value for name, part in song.score.parts.items()}, entry.id)
    if not found:
        raise BadInput("instrument.parts", "", ", ".join(song.score.parts))
    return found


def _check(part: Part, name: str, entry: Instrument) -> None:
    if unpitched(part) != entry.is_drums or (part.role is Role.FX) != (entry.family == "fx"):
        kind = "drums" if unpitched(part) else "effects" if part.role is Role.FX else "an instrument with pitches"
        raise BadInput("instrument", entry.id, f"{kind}, as {name} plays")


def _played_by(part: Part, entry: Instrument, chair: Chair, patch: str | None, played: Rehearsal) -> Part:
    frame = played.frame
    if part.instrument == entry.id:
        notes = part.notes
    else:
        low, high = (27, 87) if entry.is_drums else entry.range
        moved = list(part.notes) if entry.is_drums else _in_its_octave(part, entry)
        limited = finished(moved, low, high, entry.polyphony, frame.score.end_tick, round(frame.ms_to_ticks(45.0)))
        notes = breathed(frame, entry, limited)
    kept = {name: curve for name, curve in part.controls.items() if name in _OF_THE_DESK}
    pedal = "cc64" in part.controls or (chair.manner == "chords" and entry.id == "acoustic_piano")
    own = {name: curve for name, curve in controls(frame, chair, played.plan, list(notes), pedal=pedal).items() if name not in _OF_THE_DESK}
    if part.instrument == entry.id:  # another sound of the same instrument: the same hands
        own = {name: curve for name, curve in part.controls.items() if name not in _OF_THE_DESK}
    return part.model_copy(
        update={"instrument": entry.id, "patch": patch, "notes": tuple(notes), "controls": kept | own, "name": named(chair)}
    )


def _in_its_octave(part: Part, entry: Instrument) -> list[Note]:
    """Notes in the octave that suits the instrument; a bass stays a bass. Phrases that lie outside still move as a whole."""
    low, high = entry.range
    easy, most = entry.comfort
    shift = min(_OCTAVES, key=lambda s: (_outside(part.notes, s, low, high), abs(s) / 12 + 4.0 * _outside(part.notes, s, easy, most)))
    out: list[Note] = []
    for phrase in _phrases([n._replace(pitch=n.pitch + shift) for n in part.notes]):
        fit = min(_OCTAVES, key=lambda s: (_outside(tuple(phrase), s, low, high), abs(s)))
        out += [n._replace(pitch=n.pitch + fit) for n in phrase]
    return out


def _outside(notes: tuple[Note, ...], shift: int, low: int, high: int) -> float:
    return sum(not low <= n.pitch + shift <= high for n in notes) / max(len(notes), 1)


def _phrases(notes: list[Note]) -> list[list[Note]]:
    out: list[list[Note]] = []
    for note in sorted(notes):
        if out and note.start - max(n.end for n in out[-1][-4:]) < _PHRASE_GAP:
            out[-1].append(note)
        else:
            out.append([note])
    return out


def _sound(part: Part) -> str:
    name = instrument(part.instrument).name
    return f"{name} ({part.patch.replace('_', ' ')})" if part.patch else name


def _brief(song: Song, names: tuple[str, ...], instrument_id: str, parts: dict[str, Part], words: str) -> Brief:
    """Who is wanted now: the new instrument, and not the old where nobody plays it any more."""
    still = {part.instrument for part in parts.values()}
    gone = {song.score.parts[name].instrument for name in names} - still
    return with_players(song.brief, (instrument_id,), tuple(sorted(gone)), words)


def with_players(brief: Brief, come: tuple[str, ...], gone: tuple[str, ...], words: str) -> Brief:
    """A brief in which some instruments are wanted, and others not any more."""
    wanted = [i for i in brief.instruments_with.value if i not in gone]
    unwanted = [i for i in brief.instruments_without.value if i not in come]
    wanted += [i for i in come if i not in wanted]
    unwanted += [i for i in gone if i not in unwanted]
    evidence = " ".join(filter(None, [brief.instruments_with.evidence, words]))
    return brief.model_copy(
        update={
            "instruments_with": stated(brief.instruments_with, tuple(wanted), evidence)
            if tuple(wanted) != brief.instruments_with.value
            else brief.instruments_with,
            "instruments_without": stated(brief.instruments_without, tuple(unwanted), words)
            if tuple(unwanted) != brief.instruments_without.value
            else brief.instruments_without,
        }
    )
