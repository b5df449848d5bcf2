"""The form of a reference as the plan of a song: its sections in order, with bars and energy, scaled to the length that was asked."""

from dataclasses import dataclass, replace

from contracts.brief import SectionPlan, Stated
from contracts.features import Features, HeardSection
from contracts.music import Meter
from services.enhancer.reading.case import Case
from services.enhancer.reading.findings import inferred
from services.enhancer.reading.heard_fields import HEARD
from services.enhancer.reading.sections import canonical_label
from services.music.packs.form_table import FormTable
from services.music.packs.genres import genres
from services.music.references.pairing import octave_between, playing_energies

Plan = tuple[SectionPlan, ...]
LEAST_SECTIONS = 2
LEAST_CONFIDENCE = 0.2
LEAST_S = 40.0
"""A shorter recording is an excerpt: how its sections follow each other is not the form of a song."""
MOST_BARS = 128
_NEAR = 1.15
"""A form that is this near to the asked length keeps its sections; only their lengths give way."""
_AS = {
    "chorus": ("drop", "head", "theme"),
    "drop": ("chorus", "theme", "head"),
    "verse": ("groove", "theme", "head"),
    "groove": ("verse", "theme"),
    "bridge": ("breakdown", "contrast", "solo"),
    "breakdown": ("bridge", "contrast"),
    "interlude": ("breakdown", "bridge", "contrast"),
    "solo": ("contrast", "bridge"),
    "prechorus": ("build",),
    "build": ("prechorus",),
    "outro": ("coda",),
    "theme": ("head", "verse"),
    "head": ("theme", "chorus"),
}
"""What a section is called in a style that has no section of its name."""


@dataclass(frozen=True)
class _Heard:
    label: str
    letter: str
    bars: int
    energy: float


def heard_form(case: Case, genre_id: str, tempo_bpm: float, meter: str, duration_s: float | None) -> Stated[Plan] | None:
    """The reference's sections as a plan; None where its form was not heard.

    Without an asked length they keep their bars; with one, repeats go or come and what is left is scaled in whole pairs of bars.
    """
    features = case.features
    if features is None or len(features.sections) < LEAST_SECTIONS or features.analyzed_s < LEAST_S:
        return None
    confidence = sum(s.confidence for s in features.sections) / len(features.sections)
    if confidence < LEAST_CONFIDENCE:
        return None
    heard = [
        _Heard(label, section.letter or section.label, _bars(section, features, tempo_bpm, meter), energy)
        for (label, section), energy in zip(labels_in(features, genre_id), playing_energies(features.sections), strict=True)
    ]
    reason = f"the form {HEARD}: {', '.join(f'{h.label} {h.bars}' for h in heard)}"
    if duration_s is not None:
        wanted = bars_of(duration_s, tempo_bpm, meter, genres()[genre_id].form)
        scaled = scaled_to(heard, wanted)
        if scaled != heard:
            reason += f"; scaled to the {wanted} bars of {duration_s:g} s"
        heard = scaled
    plan = tuple(SectionPlan(label=h.label, bars=min(h.bars, MOST_BARS), energy=round(h.energy, 2)) for h in heard)
    return inferred(plan, reason, min(0.9, confidence)).stated()


def heard_duration(structure: Stated[Plan], tempo_bpm: float, meter: str, form: FormTable) -> float | None:
    """Seconds of a form that was heard, with the style's tail; None for any other form."""
    if not from_reference(structure):
        return None
    return sum(s.bars or 0 for s in structure.value) * Meter.parse(meter).bar_seconds(tempo_bpm) + form.tail_s


def from_reference(structure: Stated[Plan]) -> bool:
    """Whether a form is the reference's."""
    return bool(structure.value) and not structure.is_stated and HEARD in (structure.reason or "")


def labels_in(features: Features, genre_id: str) -> list[tuple[str, HeardSection]]:
    """The reference's sections under the names that they have in the plan of a song of this style; an intro only begins one."""
    names, last = _names(features, genres()[genre_id].form), len(features.sections) - 1
    out = []
    for index, section in enumerate(features.sections):
        name = names[section.label]
        inside = (name == "intro" and index > 0) or (name in ("outro", "coda") and index < last)
        out.append(("interlude" if inside else name, section))
    return out


def bars_of(duration_s: float, tempo_bpm: float, meter: str, form: FormTable) -> int:
    """Whole bars that, with the style's tail, come nearest to a duration (as the composer counts them)."""
    bar_s = Meter.parse(meter).bar_seconds(tempo_bpm)
    return max(1, round((duration_s - min(form.tail_s, 0.15 * duration_s)) / bar_s))


def _names(features: Features, form: FormTable) -> dict[str, str]:
    """What each heard label is called in this style; two labels never become one."""
    own = {label for plan in form.plans for label in (*plan.open, *plan.cycle, *plan.middle, *plan.close)}
    found: dict[str, str] = {}
    for label in dict.fromkeys(s.label for s in features.sections):
        plain = canonical_label(label) or "verse"
        found[label] = plain if plain != "all" else "verse"
    for label, name in found.items():
        if name not in own:
            taken = set(found.values())
            found[label] = next((other for other in _AS.get(name, ()) if other in own and other not in taken), name)
    return found


def _bars(section: HeardSection, features: Features, tempo_bpm: float, meter: str) -> int:
    """Bars of a heard section: as counted, or by its seconds; a bar more or less than a multiple of four was misheard."""
    heard_bpm = features.tempo_bpm.value if features.tempo_bpm else tempo_bpm
    octave = octave_between(tempo_bpm, features)
    bar_s = Meter.parse(features.meter or meter).bar_seconds(heard_bpm)
    bars = section.bars if section.bars else (section.end_s - section.start_s) / bar_s
    bars = max(1, round(bars * octave))
    nearest = 4 * round(bars / 4)
    return nearest if bars >= 7 and abs(bars - nearest) == 1 else bars


def scaled_to(heard: list[_Heard], wanted: int) -> list[_Heard]:
    """The form with `wanted` bars: repeats are left out or added first, then every section gives its share."""
    out = list(heard)
    while len(out) > 2 and sum(h.bars for h in out) > _NEAR * wanted:
        spare = _spare(out)
        if spare is None:
            break
        out.pop(spare)
    while sum(h.bars for h in out) * _NEAR < wanted:
        again = _again(out)
        if again is None or sum(h.bars for h in out) + sum(h.bars for h in out[again[0] : again[1]]) > _NEAR * wanted:
            break
        out[again[1] : again[1]] = out[again[0] : again[1]]
    while len(out) > 1 and len(out) > wanted // 2:
        weakest = min(range(len(out)), key=lambda i: (out[i].bars, out[i].energy))
        out.pop(weakest)
    return _stretched(out, wanted)


def _spare(out: list[_Heard]) -> int | None:
    """The section that is missed least: of those that come most often one whose neighbours differ, else of the middle the quietest."""
    inner = range(1, len(out) - 1)
    counts = [sum(other.letter == h.letter for other in out) for h in out]
    repeated = [i for i in inner if counts[i] > 1]
    if repeated:
        return max(repeated, key=lambda i: (counts[i], out[i - 1].letter != out[i + 1].letter, -i))
    single = [i for i in inner if out[i].energy < max(o.energy for o in out)]
    return min(single, key=lambda i: (out[i].energy, -i)) if single else None


def _again(out: list[_Heard]) -> tuple[int, int] | None:
    """The stretch of a form that may be played once more: from its second section to the highest one's first end."""
    body = [i for i, h in enumerate(out) if h.label not in ("intro", "outro", "coda")]
    if not body:
        return None
    peak = max(body, key=lambda i: (out[i].energy, -i))
    return body[0], max(peak, body[0]) + 1


def _stretched(out: list[_Heard], wanted: int) -> list[_Heard]:
    """Every section's share of `wanted` bars: in fours where it is long, in twos where it is short; the rest goes to the ends."""
    total = sum(h.bars for h in out)
    if total == wanted:
        return out
    shares = [h.bars * wanted / total for h in out]
    bars = [max(1, _even(share)) for share in shares]
    while (left := wanted - sum(bars)) != 0:
        step = (4 if abs(left) >= 4 and max(bars) >= 8 else 2 if abs(left) >= 2 else 1) * (1 if left > 0 else -1)
        fits = [i for i in range(len(out)) if bars[i] + step >= (1 if abs(step) == 1 else 2)]
        if not fits:
            step = 1 if left > 0 else -1
            fits = [i for i in range(len(out)) if bars[i] + step >= 1]
            if not fits:
                break
        ends = ("outro", "coda", "intro") if abs(step) == 1 else ()
        at = min(fits, key=lambda i: (out[i].label not in ends, abs(bars[i] + step - shares[i]) - abs(bars[i] - shares[i]), -i))
        bars[at] += step
    return [replace(h, bars=n) for h, n in zip(out, bars, strict=True)]


def _even(share: float) -> int:
    if share >= 6:
        return 4 * round(share / 4)
    return 2 * round(share / 2) if share >= 1.5 else 1
