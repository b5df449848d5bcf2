"""What whoever reads an instruction, or checks an edit, has to know of a version."""

from contracts.context import Context
from contracts.edits import Edit, Outline, PartOutline, SectionOutline
from contracts.errors import BadInput
from contracts.music.score import Part, Role, Score
from contracts.sound import MixEdits
from services.music.pieces import struck

_DRUMS = (Role.DRUMS, Role.PERCUSSION)


def outline_of(context: Context, score: Score | None) -> Outline:
    """The outline of a version; before anything is composed, what its brief says, and no section and no part."""
    options, technical = context.request.options, context.technical
    musical, brief = context.musical, context.ideation.brief if context.ideation else None
    common = {
        "genre": (score.genre if score else "") or (musical.genre if musical else ""),
        "target_lufs": technical.target_lufs,
        "mix": options.mix or MixEdits(),
    }
    if score is None:
        return Outline.model_validate(
            {
                "tempo_bpm": musical.tempo_bpm if musical else 120.0,
                "key": musical.key if musical else "C major",
                "meter": musical.meter if musical else "4/4",
                "duration_s": brief.duration_s.value if brief else 0.0,
                **common,
            }
        )
    return Outline(
        tempo_bpm=score.tempo_bpm,
        key=score.key,
        meter=score.meter,
        duration_s=round(score.duration_s, 3),
        sections={
            name: SectionOutline(label=one.label, start_bar=one.start_bar, bars=one.bars, energy=one.energy, key=one.key)
            for name, one in score.sections.items()
        },
        parts={name: _part(one) for name, one in score.parts.items()},
        lyrics=brief.lyrics.value if brief and brief.lyrics else {},
        **common,
    )


def _part(part: Part) -> PartOutline:
    pieces = struck(part.notes) if part.role in _DRUMS else ()
    return PartOutline(role=part.role.value, instrument=part.instrument, patch=part.patch or "", pieces=pieces)


def check_places(edits: tuple[Edit, ...], outline: Outline) -> None:
    """Raise BadInput for an edit that names a section, a part or a bar that the song does not have."""
    last = max((one.start_bar + one.bars - 1 for one in outline.sections.values()), default=0)
    for index, edit in enumerate(edits):
        field = f"edits.{index}"
        _check(f"{field}.sections", getattr(edit, "sections", ()), outline.sections)
        _check(f"{field}.parts", getattr(edit, "parts", ()), outline.parts)
        section = getattr(edit, "section", None)
        if section is not None and getattr(edit, "action", "") != "insert":
            _check(f"{field}.section", (section,), outline.sections)
        if (after := getattr(edit, "after", None)) is not None:
            _check(f"{field}.after", (after,), outline.sections)
        bars = getattr(edit, "bars", None)
        if isinstance(bars, tuple) and not 1 <= bars[0] <= bars[1] <= last:
            raise BadInput(f"{field}.bars", list(bars), f"first and last bar, from 1 to {last}")


def _check(field: str, names: tuple[str, ...], there: object) -> None:
    known = list(there) if isinstance(there, dict) else []
    for name in names:
        if name not in known:
            raise BadInput(field, name, ", ".join(known) or "nothing: there is none yet")
