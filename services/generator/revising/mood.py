"""The same song in another mood: mode, tempo, energy and brightness, each as far as the mood asks, composed from other edits."""

from contracts.context import Decision
from contracts.edits import KeyEdit, MoodEdit, TempoEdit
from contracts.music import Key, Part
from services.generator.revising.keys import change_key
from services.generator.revising.song import Song, decided, every_part, stated, unpitched
from services.generator.revising.tempo import change_tempo
from services.music.packs.moods import Mood, moods

_DARK, _BRIGHT = 0.45, 0.55
_TEMPO = 0.22
"""Share by which the tempo moves for a whole step of energy; 12 % at most: it stays the same song."""
_MOST_TEMPO = 0.12
_VELOCITY = 26.0
_CUTOFF = 0.35


def change_mood(song: Song, edit: MoodEdit) -> tuple[Song, Decision]:
    """The song in another mood; what was done for it is told."""
    known = _known(edit.mood)
    valence = edit.valence if edit.valence is not None else known.valence if known else song.brief.valence.value
    energy = edit.energy if edit.energy is not None else known.energy if known else song.brief.energy.value
    done: list[str] = []
    new = _key(song.score.key_value, valence)
    if new != song.score.key_value:
        song, told = change_key(song, KeyEdit(key=str(new), words=edit.words))
        done.append(told.choice)
    lift = energy - song.brief.energy.value
    ratio = 1.0 + min(max(_TEMPO * lift, -_MOST_TEMPO), _MOST_TEMPO)
    bpm = float(round(song.score.tempo_bpm * ratio))
    if abs(ratio - 1.0) > 0.015 and bpm != song.score.tempo_bpm:
        song, told = change_tempo(song, TempoEdit(bpm=min(max(bpm, 30.0), 300.0), words=edit.words))
        done.append(told.choice)
    light = valence - song.brief.valence.value
    score = every_part(song.score, lambda _, part: _touched(part, lift, light))
    if abs(lift) > 0.02:
        done.append("played harder" if lift > 0 else "played softer")
    if abs(light) > 0.05 and any("cutoff" in part.controls for part in score.parts.values()):
        done.append("filters more open" if light > 0 else "filters more closed")
    brief = song.brief.model_copy(
        update={
            "moods": stated(song.brief.moods, (known.id,), edit.words) if known else song.brief.moods,
            "valence": stated(song.brief.valence, round(valence, 3), edit.words),
            "energy": stated(song.brief.energy, round(energy, 3), edit.words),
        }
    )
    told = decided(
        "mood", f"{edit.mood}: {'; '.join(done) or 'as it was'}", "the same form and tune in another light", valence=valence, energy=energy
    )
    return song.moved(score, brief=brief), told


def _known(name: str) -> Mood | None:
    """A mood by its id, name or synonym."""
    word = name.strip().lower()
    return next((one for one in moods().values() if word in {one.id, one.name.lower(), *(s.lower() for s in one.synonyms)}), None)


def _key(key: Key, valence: float) -> Key:
    """The parallel key where the mood asks for the other third."""
    if valence < _DARK and not key.is_minor:
        return Key(key.tonic, "minor")
    if valence > _BRIGHT and key.is_minor:
        return Key(key.tonic, "major")
    return key


def _touched(part: Part, lift: float, light: float) -> Part:
    """A part played with another hand: velocities by energy, filters by light. Drums keep their ghosts."""
    if abs(lift) <= 0.02 and abs(light) <= 0.05:
        return part
    add = lift * _VELOCITY
    notes = (
        tuple(n._replace(velocity=int(min(max(round(n.velocity + add), 10), 124))) for n in part.notes) if abs(lift) > 0.02 else part.notes
    )
    controls = part.controls
    if "cutoff" in controls and not unpitched(part) and abs(light) > 0.05:
        opened = light * _CUTOFF
        controls = {**controls, "cutoff": tuple((tick, round(min(max(v + opened, 0.1), 1.0), 3)) for tick, v in controls["cutoff"])}
    return part.model_copy(update={"notes": notes, "controls": controls})
