"""The enhancer's stage: ideation. From the request to the brief and the facts in force."""

from contextlib import suppress

from contracts.brief import Brief, SectionPlan
from contracts.context import Context, Creative, IdeationSection, Musical, Options, Technical
from contracts.given import Given
from contracts.pipeline import Stage
from contracts.preferences import Preferences
from contracts.retake import target_lufs_of
from services.enhancer.enhancing import Brought, Reader, enhanced
from services.enhancer.model.account import Account
from services.enhancer.model.cache import Answers
from services.enhancer.model.line import Unusable, line
from services.enhancer.model.settings import model_settings
from services.enhancer.model.vision import Look, look
from services.enhancer.reading.steps import fields
from services.enhancer.taste.telling import told
from services.music.packs.genres import own_packs, use_packs
from services.runtime.packs import pack_folders
from services.runtime.workbench import Workbench


def warm_up() -> None:
    """Before any work of this process: the user's own packs are known, the reader has read once, and the way to a model is open.

    Raises BadInput for a pack or a setting that cannot be read.
    """
    use_packs(pack_folders())
    enhanced("a song", Options())  # its vocabulary takes a second to build
    settings = model_settings()
    if settings.base_url:
        with suppress(Unusable):  # told where it is asked
            line.open(settings)


def reader(options: Options, bench: Workbench, within_s: float | None = None) -> Reader | None:
    """Who reads beside the offline reader, with the answers of the store; None where the options ask for nobody."""
    if options.enhance != "llm":
        return None
    settings = model_settings()
    if within_s:
        settings = settings.model_copy(update={"timeout_s": min(settings.timeout_s, within_s)})
    return Reader(settings, Answers(bench.objects))


def ideate(context: Context, bench: Workbench) -> Context:
    """Read the request. Raises BadInput for what cannot be, naming field, value and what is allowed."""
    request = context.request
    features = context.analysis.features if context.analysis else None
    stored = context.analysis.given if context.analysis else None
    given = Given.model_validate_json(bench.objects.read(stored.key)) if stored else None
    liked = Preferences.model_validate(request.preferences) if request.preferences else None
    who = reader(request.options, bench)
    looked = _looked(context, bench, who)
    brought = Brought(features, given, request.lyrics, liked, looked.picture if looked else None)
    read = enhanced(request.prompt, request.options, brought, seed=context.seed, reader=who)
    bench.progress(0.9, read.brief.text)
    if looked and context.analysis:
        context = context.model_copy(update={"analysis": context.analysis.model_copy(update={"picture": looked.picture})})
    return _accounted(_decided(_filled(context, read.brief), read.brief), looked, read.account)


def _looked(context: Context, bench: Workbench, who: Reader | None) -> Look | None:
    """The picture as the analyzer measured it; where a vision model is set up and a model may read, as that one sees it."""
    measured, image = context.analysis.picture if context.analysis else None, context.request.image
    if measured is None:
        return None
    return Look(measured) if who is None or image is None else look(bench.objects.read(image.key), measured, who.settings, who.answers)


def _accounted(context: Context, looked: Look | None, account: Account | None) -> Context:
    """What was asked of models and what it took, on record."""
    if looked and looked.note:
        context = context.decide(Stage.IDEATION, "note", looked.note, "the picture was to be looked at by a model")
    for topic, one in (("vision model", looked.account if looked else None), ("language model", account)):
        if one:
            context = context.decide(Stage.IDEATION, topic, one.told(), "asked since --enhance llm was chosen", **one.parameters())
    return context


def _filled(context: Context, brief: Brief) -> Context:
    options = context.request.options
    constraints = [f"without {name}" for name in brief.instruments_without.value]
    constraints += [f"chords of {label} as given" for label in brief.chords.value]
    return context.model_copy(
        update={
            "ideation": IdeationSection(brief=brief),
            "musical": Musical(
                key=brief.key.value,
                tempo_bpm=brief.tempo_bpm.value,
                meter=brief.meter.value,
                genre=brief.genres.value[0],
                moods=brief.moods.value,
                structure=tuple(section.label for section in brief.structure.value),
            ),
            "technical": Technical(
                duration_s=brief.duration_s.value, target_lufs=target_lufs_of(context), true_peak_ceiling_dbtp=options.ceiling_dbtp
            ),
            "creative": Creative(
                inspiration=brief.text,
                references=(brief.style_of.value,) if brief.style_of else (),
                constraints=tuple(constraints),
                preferences=context.request.preferences,
            ),
        }
    )


def _decided(context: Context, brief: Brief) -> Context:
    """Every step, every inference and every choice between contradictions, on record."""
    for step in brief.steps:
        context = context.decide(Stage.IDEATION, f"step:{step.name}", step.text, "one of the six steps of reading a prompt")
    for name, field in fields(brief).items():
        if not field.is_stated and field.reason:
            context = context.decide(Stage.IDEATION, name, _shown(field.value), field.reason, confidence=field.confidence)
    if context.request.preferences:
        known = Preferences.model_validate(context.request.preferences)
        why = f"learned from {known.judgements} judgements; it leans what the request left open, and nothing that was stated"
        context = context.decide(Stage.IDEATION, "taste", "; ".join(told(known)), why)
    for own in own_packs():
        if own.id in brief.genres.value:
            why = f"it is in {own.path.parent}" + (f" and stands in place of our {own.id}" if own.overrides else "")
            context = context.decide(Stage.IDEATION, "pack", f"{own.id} as written in {own.path.name}", why)
    for note in brief.notes:
        context = context.decide(Stage.IDEATION, "note", note, "the request left a choice, or could not be taken literally")
    return context


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_section(v) if isinstance(v, SectionPlan) else str(v) for v in value) or "open"
    return f"{value:g}" if isinstance(value, float) else str(value) or "open"


def _section(section: SectionPlan) -> str:
    """Such as "verse 8"."""
    return f"{section.label} {section.bars}" if section.bars else section.label
