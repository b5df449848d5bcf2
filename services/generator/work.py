"""The generator's stages: brief to score, score to the whole band, band to a plan of stems, and each stem to sound."""

import os
from pathlib import Path

from pydantic import ValidationError

from contracts.artifacts import AudioArtifact
from contracts.context import Context, Decision, IdeationSection, ProductionSection
from contracts.errors import BadInput, Unavailable
from contracts.music import Score
from services.generator.arrangement import arrange as arrange_score
from services.generator.composition import compose as compose_score
from services.generator.production.curves import SAMPLE_RATE_HZ
from services.generator.production.planning import find_own, plan_stems
from services.generator.production.rendering import render_stem
from services.generator.production.shelf import Shelf, find_soundfonts
from services.generator.production.sounds import sounds
from services.generator.production.telling import tell_production
from services.generator.revising.work import composed_before, has_score_edits, keeps_composition, revised
from services.generator.scores import given_of, musical_facts, options_of, read_score, song_seed, store_score, with_arrangement
from services.music.audio.wave import write_float_wav
from services.music.packs.checking import faults
from services.music.packs.genres import genre, use_packs
from services.runtime.packs import pack_folders
from services.runtime.sound_folders import sound_places
from services.runtime.workbench import Workbench


def warm_up() -> None:
    """Before any work of this process: the user's own packs are known, and their sounds exist. Raises BadInput."""
    for own in use_packs(pack_folders()):
        for fault in faults(genre(own.id), sounds()):
            raise BadInput(f"{own.path.name}: {fault.field}", fault.value, fault.allowed, hint=f"The file is {own.path}.")


def compose(context: Context, bench: Workbench) -> Context:
    """Write form, chords and melody: the lead sheet, delivered as score.json. Raises Unavailable where ideation has not run."""
    if context.request.revises and keeps_composition(context.request.revises):
        return composed_before(context, bench)
    brief = _ideation(context).brief
    features = context.analysis.features if context.analysis else None
    resize = context.request.options.resize
    composed = compose_score(brief, song_seed(context), features, given_of(context, bench), _base(context, bench), resize)
    bench.progress(0.9, "the song is written")
    written = _decided(context, composed.decisions)
    score = composed.score
    section = store_score(score, bench)
    return written.model_copy(
        update={
            "composition": section,
            "artifacts": {**context.artifacts, "score.json": section.score},
            "musical": musical_facts(score, brief),
            "technical": context.technical.model_copy(update={"sample_rate_hz": SAMPLE_RATE_HZ, "duration_s": score.duration_s}),
        }
    )


def arrange(context: Context, bench: Workbench) -> Context:
    """Write the band's parts; song.mid and score.json are delivered from here. Raises Unavailable without a composition."""
    if context.composition is None:
        raise Unavailable("the composition", "run composition first")
    revises = context.request.revises
    if revises and revises.score:
        return revised(context, read_score(revises.score, bench), bench)
    brief, given = _ideation(context).brief, given_of(context, bench)
    score, features = read_score(context.composition.score, bench), context.analysis.features if context.analysis else None
    arranged = arrange_score(score, brief, song_seed(context), given, _base(context, bench), features)
    bench.progress(0.8, f"{len(arranged.score.parts)} players have their parts")
    told = _decided(context, arranged.decisions)
    return revised(told, arranged.score, bench) if revises and has_score_edits(revises) else with_arrangement(told, arranged.score, bench)


def plan(context: Context, bench: Workbench) -> Context:
    """Choose who plays each part and what its stem is called. Raises Unavailable without an arrangement."""
    score = score_of(context, bench)
    shelf = shelf_of(bench)
    options = options_of(context, score)
    own = find_own(score, options, shelf)
    plans = plan_stems(score, options, shelf, own)
    planned = _decided(context, tell_production(score, plans, shelf, own))
    return planned.model_copy(update={"production": ProductionSection(state="planned", plan=plans)})


def render(context: Context, part: str, bench: Workbench) -> AudioArtifact:
    """Play one part and store its dry stem. Raises Unavailable where production has not planned it."""
    if context.production is None or part not in context.production.plan:
        raise Unavailable(f"the plan of {part}", "run production first")
    stem_plan = context.production.plan[part]
    audio = render_stem(score_of(context, bench), part, stem_plan, shelf_of(bench))
    bench.progress(0.9, f"{part} is played")
    path = bench.scratch / f"{part}-{stem_plan.digest[:16]}.wav"
    try:
        write_float_wav(path, audio, SAMPLE_RATE_HZ)
        return bench.objects.put_audio(stem_plan.key, path)
    finally:
        path.unlink(missing_ok=True)


def _base(context: Context, bench: Workbench) -> Score | None:
    """The song that is extended, shortened or carried on. Raises BadInput for a file that is no score."""
    artifact = context.request.base
    if artifact is None:
        return None
    try:
        return read_score(artifact, bench)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BadInput("base", where, "the score.json of a song", hint=first["msg"]) from error


def score_of(context: Context, bench: Workbench) -> Score:
    """The arranged score. Raises Unavailable without an arrangement."""
    if context.arrangement is None:
        raise Unavailable("the arrangement", "run arrangement first")
    return read_score(context.arrangement.score, bench)


def _ideation(context: Context) -> IdeationSection:
    if context.ideation is None:
        raise Unavailable("the brief", "run ideation first")
    return context.ideation


def _decided(context: Context, decisions: tuple[Decision, ...]) -> Context:
    return context.model_copy(update={"ai_decisions": (*context.ai_decisions, *decisions)})


def shelf_of(bench: Workbench) -> Shelf:
    """The soundfonts of this machine: the operator's folders (HOUSEBAND_SOUNDFONTS, separated as in PATH) come first."""
    folders = [Path(folder) for folder in os.environ.get("HOUSEBAND_SOUNDFONTS", "").split(os.pathsep) if folder]
    return find_soundfonts(folders, memory=bench.scratch.parent / "houseband-soundfonts", places=sound_places())
