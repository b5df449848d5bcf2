"""Another ending: the last bar is played as it asks, the faders go down or stay, and what rings after it fits."""

from contracts.context import Decision
from contracts.edits import EndingEdit
from contracts.music import Part
from services.generator.arrangement.rides import fade_of, summed
from services.generator.blending import blended
from services.generator.composition.form import tail_for
from services.generator.composition.slowing import ritard_for, slowing, unslowed
from services.generator.revising.song import LEADS, Song, decided, stated
from services.generator.revising.splicing import spliced

_TOLD = {
    "natural": "everybody lands on the last chord and lets it ring",
    "loop": "nobody lands: the last bar leads back into the first",
    "cut": "the band stops at the last bar line",
    "fade": "the band plays on while the faders go down",
}


def change_ending(song: Song, edit: EndingEdit) -> tuple[Song, Decision]:
    """The song with another ending; up to its last bar every note stays."""
    if edit.ending == song.score.ending:
        return song, decided("ending", f"{edit.ending}, as it was", _TOLD[edit.ending])
    before, bar = song.score, song.score.meter_value.ticks_per_bar
    table = blended(song.brief).form
    bar_s = before.meter_value.bar_seconds(before.tempo_bpm)
    tail_s = round(tail_for(before.music_s, before.music_s, bar_s, table, edit.ending), 4)
    if edit.ending == "natural":
        tail_s = max(tail_s, min(table.tail_s, 4.0))
    brief = song.brief.model_copy(update={"ending": stated(song.brief.ending, edit.ending, edit.words)})
    tempos = slowing(before, ritard_for(brief, table, steady=song.given is not None)) if edit.ending == "natural" else unslowed(before)
    score = before.model_copy(update={"ending": edit.ending, "tail_s": tail_s, "tempo_map": tempos})
    sheet = song.sheet.model_copy(update={"ending": edit.ending, "tail_s": tail_s, "tempo_map": tempos})
    played = song.rehearsed(sheet, brief=brief)
    old_fade, new_fade = fade_of(song.rehearsed().frame), fade_of(played.frame)
    last = [(before.end_tick - bar, before.end_tick + bar)]
    parts = {}
    for name, part in before.parts.items():
        fresh, landed = played.parts.get(name), part
        if fresh is not None and fresh.instrument == part.instrument and name not in LEADS and before.bars > 1:
            fresh = fresh.model_copy(update={"controls": part.controls})
            landed = spliced(part, fresh, last)
        parts[name] = _faded(landed, old_fade, new_fade)
    told = decided("ending", f"{before.ending} → {edit.ending}", _TOLD[edit.ending], tail_s=tail_s)
    return song.moved(score.model_copy(update={"parts": {n: p for n, p in parts.items() if p.notes}}), sheet, brief), told


def _faded(part: Part, old: tuple[tuple[int, float], ...], new: tuple[tuple[int, float], ...]) -> Part:
    """A part without the fade that it had, and with the one that it gets."""
    if not old and not new:
        return part
    undone = tuple((tick, -level) for tick, level in old)
    curve = summed([part.controls.get("gain_db", ()), undone, new])
    return part.model_copy(update={"controls": {**part.controls, "gain_db": tuple((t, v) for t, v in curve)}})
