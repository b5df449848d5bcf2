"""Scores in the object store: read, stored with the digests of their parts, delivered with their MIDI file."""

import hashlib

from contracts.artifacts import Artifact
from contracts.brief import Brief
from contracts.context import Context, Musical, Options, ScoreSection
from contracts.given import Given
from contracts.music import Score
from services.generator.midi import score_to_midi
from services.music.digests import part_digest
from services.runtime.workbench import Workbench

RESEED = 7919
"""A prime: a song that QA sends back to be written anew takes another seed, far from its neighbours'."""


def song_seed(context: Context) -> int:
    """The request's seed, moved where QA asked for another song."""
    return (context.seed + RESEED * round(context.change("reseed", 0))) % 2**63


def read_score(artifact: Artifact, bench: Workbench) -> Score:
    """A stored score. Raises pydantic.ValidationError for what is none."""
    return Score.model_validate_json(bench.objects.read(artifact.key))


def store_score(score: Score, bench: Workbench) -> ScoreSection:
    """A score under the digest of its bytes."""
    data = score.to_json()
    key = f"scores/{hashlib.sha256(data).hexdigest()}.json"
    return ScoreSection(
        score=bench.objects.put_bytes(key, data, "application/json"),
        part_digests={name: part_digest(part) for name, part in score.parts.items()},
    )


def with_arrangement(context: Context, score: Score, bench: Workbench) -> Context:
    """A context with an arranged score: stored, and delivered with its MIDI file."""
    section = store_score(score, bench)
    midi = score_to_midi(score)
    song = bench.objects.put_bytes(f"midi/{hashlib.sha256(midi).hexdigest()}.mid", midi, "audio/midi")
    delivered = {**context.artifacts, "song.mid": song, "score.json": section.score}
    return context.model_copy(update={"arrangement": section, "artifacts": delivered})


def musical_facts(score: Score, brief: Brief) -> Musical:
    """The facts in force once a song is written."""
    return Musical(
        key=score.key,
        tempo_bpm=score.tempo_bpm,
        meter=score.meter,
        genre=score.genre,
        moods=brief.moods.value,
        structure=tuple(score.sections),
    )


def given_of(context: Context, bench: Workbench) -> Given | None:
    """What the analyzer read from MIDI, a hummed tune or taps."""
    artifact = context.analysis.given if context.analysis else None
    return Given.model_validate_json(bench.objects.read(artifact.key)) if artifact else None


def options_of(context: Context, score: Score) -> Options:
    """The request's options. In a revised song sounds of one's own for players who are gone count for nothing."""
    options = context.request.options
    if context.request.revises is None or not options.sounds:
        return options
    there = {name for part_id, part in score.parts.items() for name in (part_id, part.instrument, str(part.role))}
    return options.model_copy(update={"sounds": {name: text for name, text in options.sounds.items() if name in there}})
