"""Which words are sung in which section of a form."""

from services.generator.composition.form import Form
from services.generator.composition.functions import HOOKS, function_of

_DENSEST = 0.75
"""Lines to a bar beyond which a homeless text is left out."""


def assigned_lines(form: Form, lyrics: dict[str, tuple[str, ...]], remarks: list[str]) -> dict[str, tuple[str, ...]]:
    """Lines of each section: by its id, else the nth text of its function; a hook comes back with its last text."""
    ids = {slot.id for slot in form.slots}
    out: dict[str, tuple[str, ...]] = {}
    by_function: dict[str, list[tuple[str, ...]]] = {}
    exact = set(lyrics) <= ids
    for name, lines in lyrics.items():
        by_function.setdefault(function_of(name), []).append(lines)
    if exact:
        out = dict(lyrics)
    homeless: list[tuple[str, tuple[str, ...]]] = []
    for function, texts in by_function.items():
        slots = [slot for slot in form.slots if slot.function == function]
        if not slots:
            homeless += [(function, lines) for lines in texts]
            continue
        for index, slot in enumerate(slots):
            if index < len(texts):
                out.setdefault(slot.id, texts[index])
            elif function in HOOKS:
                out.setdefault(slot.id, texts[-1])
        more = texts[len(slots) :]
        new = [lines for lines in more if not exact and lines not in texts[: len(slots)]]
        if new:
            remarks.append(
                f"the form has {len(slots)} {function} for {len(texts)} texts: the last one sings {len(new) + 1} of them, more densely"
            )
            out[slots[-1].id] = (*out[slots[-1].id], *(line for lines in new for line in lines))
    for function, lines in homeless if not exact else []:
        _lodge(form, function, lines, out, remarks)
    return out


def _lodge(form: Form, function: str, lines: tuple[str, ...], out: dict[str, tuple[str, ...]], remarks: list[str]) -> None:
    """A text whose section the form does not have: into a section that is still without words, else beside another text."""
    if lines in out.values():
        return
    singing = [slot for slot in form.slots if slot.function not in ("intro", "outro", "build", "solo")] or list(form.slots)
    hook = function in HOOKS
    free = sorted((s for s in singing if s.id not in out), key=lambda s: (s.is_hook != hook, s.start))
    if free:
        for slot in [s for s in free if s.function == free[0].function] if hook else free[:1]:
            out[slot.id] = lines
        remarks.append(f"the form has no {function}: its words are sung in {free[0].id}")
        return
    if len(lines) + min(len(out.get(s.id, ())) for s in singing) > _DENSEST * max(s.bars for s in singing):
        remarks.append(f"the form has neither a {function} nor room for its {len(lines)} lines: they are left out")
        return
    host = max(singing, key=lambda s: (s.bars / max(len(out.get(s.id, ())), 1), -s.start))
    out[host.id] = (*out.get(host.id, ()), *lines)
    remarks.append(f"the form has no {function}: its words follow those of {host.id}, more densely")
