"""Another tempo: every note stays on its tick, and so do its curves; what rings after the last bar rings as long as before."""

from itertools import pairwise

from contracts.context import Decision
from contracts.edits import TempoEdit
from contracts.music import Score
from services.generator.composition.slowing import ritard_of, slowing, unslowed
from services.generator.revising.song import Song, decided, listed, sections_of, stated

Map = tuple[tuple[int, float], ...]


def change_tempo(song: Song, edit: TempoEdit) -> tuple[Song, Decision]:
    """The song at another tempo, or some sections of it. A tempo map keeps its shape where the whole song is meant."""
    names = sections_of(song.score, edit.sections, "tempo.sections")
    if len(names) < len(song.score.sections):
        return _in_sections(song, edit, names)
    before = song.score.tempo_bpm
    score, sheet = _at(song.score, edit.bpm), _at(song.sheet, edit.bpm)
    brief = song.brief.model_copy(update={"tempo_bpm": stated(song.brief.tempo_bpm, edit.bpm, edit.words)})
    told = decided(
        "tempo",
        f"{before:g} → {edit.bpm:g} BPM, {song.score.duration_s:.1f} → {score.duration_s:.1f} s",
        "every note keeps its place in the bar",
        before=before,
        after=edit.bpm,
    )
    return song.moved(score, sheet, brief), told


def _at(score: Score, bpm: float) -> Score:
    ratio = bpm / score.tempo_bpm
    changes = tuple((tick, round(value * ratio, 4)) for tick, value in score.tempo_map)
    return score.model_copy(update={"tempo_bpm": bpm, "tempo_map": changes})


def _in_sections(song: Song, edit: TempoEdit, names: tuple[str, ...]) -> tuple[Song, Decision]:
    """Some sections at another tempo; the song's own is that of the others."""
    spans = [song.ticks(name) for name in names]
    plain = song.score.model_copy(update={"tempo_map": unslowed(song.score)})
    score = plain.model_copy(update={"tempo_map": _with_tempo(plain, edit.bpm, spans)})
    changes = slowing(score, ritard_of(song.score))  # a song that slows into its last chord still does
    score = score.model_copy(update={"tempo_map": changes})
    told = decided(
        "tempo",
        f"{edit.bpm:g} BPM in {listed(names)}, {song.score.duration_s:.1f} → {score.duration_s:.1f} s",
        "the other sections keep their tempo, and every note its place in the bar",
        before=song.score.tempo_bpm,
        after=edit.bpm,
        sections=list(names),
    )
    return song.moved(score, song.sheet.model_copy(update={"tempo_map": changes})), told


def _with_tempo(score: Score, bpm: float, spans: list[tuple[int, int]]) -> Map:
    """A score's tempos with one tempo inside some spans."""
    ticks = {0, *(tick for tick, _ in score.tempo_map), *(tick for span in spans for tick in span)}
    held = {tick: any(start <= tick < end for start, end in spans) for tick in sorted(ticks)}
    return settled_map(tuple((tick, bpm if here else tempo_at(score, tick)) for tick, here in held.items()), score)


def tempo_at(score: Score, tick: int) -> float:
    """The tempo that holds at a tick."""
    return next((bpm for start, bpm in reversed(score.tempo_map) if start <= tick), score.tempo_bpm)


def settled_map(changes: Map, score: Score) -> Map:
    """Changes of tempo without those that change nothing, nor any at the song's end; () where it is the song's own throughout."""
    kept = [changes[0], *(one for before, one in pairwise(changes) if one[1] != before[1] and one[0] < score.end_tick)]
    return () if len(kept) == 1 and kept[0][1] == score.tempo_bpm else tuple(kept)
