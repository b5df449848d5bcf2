"""Another tempo: every note stays on its tick, and so do its curves; what rings after the last bar rings as long as before."""

from contracts.context import Decision
from contracts.edits import TempoEdit
from contracts.music import Score
from services.generator.revising.song import Song, decided, stated


def change_tempo(song: Song, edit: TempoEdit) -> tuple[Song, Decision]:
    """The song at another tempo. A tempo map keeps its shape."""
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
