"""A player more, or fewer: written by the arranger for its sections alone, or silent there; nobody else notices."""

from contracts.context import Decision
from contracts.edits import AddEdit, OctaveEdit, RemoveEdit
from contracts.errors import BadInput
from contracts.music import Part, Role
from services.generator.arrangement.arranger import Wish
from services.generator.arrangement.finish import without_overlaps
from services.generator.revising.instruments import with_players
from services.generator.revising.places import spans_of
from services.generator.revising.seats import joining_seat
from services.generator.revising.song import Song, decided, drummers, listed, parts_of, sections_of, unpitched
from services.generator.revising.splicing import inside, spliced
from services.music.packs.instruments import instrument
from services.music.pieces import PIECES


def add_player(song: Song, edit: AddEdit) -> tuple[Song, Decision]:
    """The song with one part more. Raises BadInput where the style leaves an instrument nothing to play."""
    entry = instrument(edit.instrument)
    names = sections_of(song.score, edit.sections, "add.sections")
    chair = joining_seat(song.score, entry.id)
    brief = with_players(song.brief, (entry.id,), (), edit.words)
    wish = Wish(chairs=(chair,), joining={chair.part: frozenset(names)})
    played = song.rehearsed(brief=brief, wish=wish)
    written = played.parts.get(chair.part)
    silent = [song.ticks(name) for name in song.score.sections if name not in names]
    part = spliced(written, None, silent) if written else None
    if part is None or not part.notes:
        raise BadInput("add.instrument", entry.id, "an instrument that has something to play there")
    score = song.score.model_copy(update={"parts": {**song.score.parts, chair.part: part}})
    bars = listed(names, len(song.score.sections))
    seat = played.chair(chair.part) or chair
    told = decided(
        "player", f"{part.name or entry.name} joins in {bars}", f"it plays {seat.manner}; nobody else's notes change", part=chair.part
    )
    return song.moved(score, brief=brief), told


def remove_players(song: Song, edit: RemoveEdit) -> tuple[Song, Decision]:
    """The song with parts silent in some sections or bars, or without them; of a kit, with `pieces`, only those drums.

    Raises BadInput where nobody would be left.
    """
    if not edit.parts and not edit.pieces:
        raise BadInput("remove.parts", "", ", ".join(song.score.parts), hint="to take a section out, change the form")
    gone = drummers(song.score, edit.parts, "remove.parts") if edit.pieces else parts_of(song.score, edit.parts, "remove.parts")
    spans, where = spans_of(song.score, edit.sections, edit.bars, "remove")
    left: dict[str, Part] = {}
    for name, part in song.score.parts.items():
        kept = part if name not in gone else _without(part, spans, edit)
        if kept.notes:
            left[name] = kept
    if not any(part.role is not Role.FX for part in left.values()):
        raise BadInput("remove.parts", ", ".join(gone), "a part less; somebody has to play")
    out = [name for name in song.score.parts if name not in left]
    leads = {n: p if n not in gone else _without(p, spans, edit) for n, p in song.sheet.parts.items() if n not in out}
    sheet = song.sheet.model_copy(update={"parts": leads})
    players = {song.score.parts[name].instrument for name in out} - {part.instrument for part in left.values()}
    brief = with_players(song.brief, (), tuple(sorted(players)), edit.words) if players else song.brief
    who = f"{listed(edit.pieces)} of {listed(gone)}" if edit.pieces else listed(gone)
    told = decided("player", f"without {who} in {where}", "everybody else plays on, note for note", parts=list(gone))
    return song.moved(song.score.model_copy(update={"parts": left}), sheet, brief), told


def _without(part: Part, spans: list[tuple[int, int]], edit: RemoveEdit) -> Part:
    if not edit.pieces:
        return spliced(part, None, spans) if edit.sections or edit.bars else part.model_copy(update={"notes": ()})
    struck = frozenset(pitch for piece in edit.pieces for pitch in PIECES[piece])
    return part.model_copy(update={"notes": tuple(n for n in part.notes if n.pitch not in struck or not inside(n.start, spans))})


def move_octaves(song: Song, edit: OctaveEdit) -> tuple[Song, Decision]:
    """Parts octaves higher or lower in some sections; what would leave the instrument's range stays where it is.

    Raises BadInput where nothing can be moved so.
    """
    names = [name for name in parts_of(song.score, edit.parts, "octave.parts") if not unpitched(song.score.parts[name])]
    where = sections_of(song.score, edit.sections, "octave.sections")
    spans = [song.ticks(name) for name in where]
    parts = {name: _moved(part, spans, 12 * edit.octaves) if name in names else part for name, part in song.score.parts.items()}
    if all(parts[name] == song.score.parts[name] for name in names):
        raise BadInput("octave.octaves", edit.octaves, f"an octave that {listed(names) or 'somebody'} can play")
    leads = {name: _moved(part, spans, 12 * edit.octaves) if name in names else part for name, part in song.sheet.parts.items()}
    way = f"{abs(edit.octaves)} octave{'s' if abs(edit.octaves) > 1 else ''} {'higher' if edit.octaves > 0 else 'lower'}"
    told = decided("octave", f"{listed(names)} {way} in {listed(where, len(song.score.sections))}", "the same tune in another register")
    return song.moved(song.score.model_copy(update={"parts": parts}), song.sheet.model_copy(update={"parts": leads})), told


def _moved(part: Part, spans: list[tuple[int, int]], semitones: int) -> Part:
    low, high = instrument(part.instrument).range
    notes = [
        n._replace(pitch=n.pitch + semitones) if inside(n.start, spans) and low <= n.pitch + semitones <= high else n for n in part.notes
    ]
    return part.model_copy(update={"notes": tuple(without_overlaps(notes))})
