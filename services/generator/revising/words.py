"""What the song is called, and what is sung: other words under the tune, whose other sections keep theirs note for note."""

import re

from contracts.brief import Brief, Source, Stated
from contracts.context import Decision
from contracts.edits import LyricsEdit, TitleEdit
from contracts.errors import BadInput
from contracts.music import Meter, Part, Role, Score
from services.generator.composition.grid import Grid
from services.generator.composition.lyrics import lay_lyrics
from services.generator.composition.stanzas import assigned_lines
from services.generator.revising.song import Song, decided, listed, sections_of
from services.generator.revising.splicing import spliced
from services.generator.revising.takes import form_of, harmony_of
from services.music.lyrics import LONGEST_LINE
from services.music.packs.instruments import instrument
from services.music.packs.meters import grouped

BETWEEN = " / "
Lines = dict[str, tuple[str, ...]]


def change_title(song: Song, edit: TitleEdit) -> tuple[Song, Decision]:
    """The same song by another name."""
    before = song.score.title or song.brief.title or "untitled"
    score, sheet = (one.model_copy(update={"title": edit.title}) for one in (song.score, song.sheet))
    brief = song.brief.model_copy(update={"title": edit.title})
    return song.moved(score, sheet, brief), decided("title", f"{before} → {edit.title}", "the music stays as it is")


def change_lyrics(song: Song, edit: LyricsEdit) -> tuple[Song, Decision]:
    """The song with other words. Raises BadInput where nobody sings, the words are not there, or a line has no end."""
    names = sections_of(song.score, edit.sections, "lyrics.sections")
    singer = song.score.parts.get("melody")
    if singer is None or (singer.role is not Role.VOCAL and instrument(singer.instrument).family != "vocal"):
        raise BadInput("lyrics.text", edit.text[:60], "a song with a singer: add vocals first")
    before = lines_of(song)
    after = {**before, **{name: _changed(before.get(name, ()), edit) for name in names if edit.find or edit.sections or before.get(name)}}
    changed = tuple(name for name in song.score.sections if after.get(name, ()) != before.get(name, ()))
    if not changed:
        raise BadInput("lyrics.find", (edit.find or edit.text)[:80], _shown(before), hint="Nothing of what is sung there would change")
    brief = song.brief.model_copy(update={"lyrics": _stated(song.brief, {n: after[n] for n in song.score.sections if after.get(n)}, edit)})
    sheet = _laid(song, brief, after, changed)
    spans = [song.ticks(name) for name in changed]
    fresh = song.moved(song.score, sheet, brief).rehearsed(sheet, brief=brief).parts.get("melody")
    if fresh is None:
        raise BadInput("lyrics.text", edit.text[:60], "words that the tune can carry")
    parts = {**song.score.parts, "melody": spliced(singer, fresh, spans)}
    told = decided(
        "lyrics",
        f"{listed(changed)}: {' / '.join(after[changed[0]])[:160]}",
        "a line to a phrase, a syllable to a note; all other sections sing as they did",
        sections=list(changed),
    )
    return song.moved(song.score.model_copy(update={"parts": parts}), sheet, brief), told


def lines_of(song: Song) -> Lines:
    """What is sung in each section of the song; sections without words are left out."""
    lyrics = song.brief.lyrics.value if song.brief.lyrics else {}
    if not lyrics or set(lyrics) <= set(song.score.sections):
        return dict(lyrics)
    form = form_of(song)
    by_slot = assigned_lines(form, lyrics, [])
    pairs = zip(form.slots, song.score.sections, strict=True)
    return {name: by_slot[slot.id] for slot, name in pairs if by_slot.get(slot.id)}


def _changed(lines: tuple[str, ...], edit: LyricsEdit) -> tuple[str, ...]:
    """The lines of one section after the edit. Raises BadInput for a line that it does not have or that is too long."""
    new = tuple(" ".join(line.split()) for line in re.split(r"\s/\s|\n", edit.text) if line.strip())
    if any(len(line) > LONGEST_LINE or not any(c.isalnum() for c in line) for line in new) or not new:
        raise BadInput("lyrics.text", edit.text[:80], f"lines of words, up to {LONGEST_LINE} characters each")
    if edit.find:
        said = re.compile(rf"(?<!\w){re.escape(' '.join(edit.find.split()))}(?!\w)", re.IGNORECASE)
        return tuple(said.sub(lambda _: BETWEEN.join(new), line) for line in lines)
    if edit.line is None:
        return new
    at = edit.line - 1 if edit.line > 0 else len(lines) + edit.line
    if not 0 <= at < len(lines):
        raise BadInput("lyrics.line", edit.line, f"1 to {len(lines)}" if lines else "a section that sings something")
    return (*lines[:at], *new, *lines[at + 1 :])


def _laid(song: Song, brief: Brief, after: Lines, changed: tuple[str, ...]) -> Score:
    """The lead sheet with the new words under its tune, in the sections that change."""
    form, by_name = form_of(song), harmony_of(song)
    names = dict(zip((slot.id for slot in form.slots), song.sheet.sections, strict=True))
    words = {slot: after[name] for slot, name in names.items() if name in changed and after.get(name)}
    asked = brief.model_copy(update={"lyrics": Stated(value=words, source=Source.STATED)})
    harmony = {slot: by_name[name] for slot, name in names.items()}
    grid = Grid(grouped(Meter.parse(song.sheet.meter), brief.genres.value[0]))
    tune = song.sheet.parts["melody"]
    laid = lay_lyrics(asked, form, harmony, grid, tune.notes)
    sung = tune.model_copy(update={"notes": laid.notes, "lyrics": laid.lyrics, "role": Role.VOCAL})
    out: Part = spliced(tune, sung, [song.ticks(name) for name in changed]).model_copy(update={"role": tune.role})
    return song.sheet.model_copy(update={"parts": {**song.sheet.parts, "melody": out}})


def _stated(brief: Brief, lines: Lines, edit: LyricsEdit) -> Stated[Lines]:
    said = {"value": lines, "source": Source.STATED, "evidence": edit.words or None, "confidence": 1.0, "reason": "asked for in a revision"}
    return brief.lyrics.model_copy(update=said) if brief.lyrics else Stated[Lines].model_validate(said)


def _shown(lines: Lines) -> str:
    return "; ".join(f"{name}: {BETWEEN.join(one)}" for name, one in lines.items())[:400] or "a song with words"
