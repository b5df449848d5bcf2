"""Who wins where several inputs speak of one thing, and saying so.

The order, for every field: an edited brief, options, words, what was brought as notes (MIDI, then a hummed tune, then taps), a
recording, a picture, taste, and what style and mood usually have. The readers of the fields keep it; here the losers are told.
"""

from collections.abc import Mapping
from typing import Any

from contracts.brief import Stated
from services.enhancer.reading.brought_fields import source_of
from services.enhancer.reading.case import Case
from services.enhancer.reading.heard_fields import HEARD, heard_genre, heard_moods
from services.enhancer.reading.seen_fields import SEEN, as_seen
from services.music.packs.genres import genres
from services.music.packs.moods import moods

Fields = Mapping[str, Stated[Any]]
REFERENCE, STYLE = "the reference", "style and mood"
_STATED = {"stated as an option": "the options", "stated in an edited brief": "the edited brief"}
_NAMES = {
    "tempo_bpm": "tempo", "key": "key", "meter": "meter", "genres": "style", "moods": "mood", "energy": "energy", "valence": "valence",
    "production": "sound",
}  # fmt: skip


def settled_by(case: Case, field: Stated[Any]) -> str:
    """Whose a field is, in words."""
    reason, evidence = field.reason or "", field.evidence or ""
    if field.is_stated:
        if case.brought and evidence == source_of(case.brought):
            return evidence
        return _STATED.get(reason, "the words")
    if HEARD in reason:
        return REFERENCE
    if SEEN in reason:
        return SEEN
    return "the words" if evidence else STYLE


def note_order(case: Case, fields: Fields) -> None:
    """What a recording and a picture say that something above them overrules, and what the picture gives."""
    _note_reference(case, fields)
    _note_picture(case, fields)


def _note_reference(case: Case, fields: Fields) -> None:
    said = _said(case)
    lost = {name: settled_by(case, fields[name]) for name, (value, _) in said.items() if fields[name].value != value}
    lost = {name: by for name, by in lost.items() if by not in (REFERENCE, STYLE)}
    if lost:
        case.note(f"The reference has {_listed([said[name][1] for name in lost])}; {_settled(lost)}.")
    for remark in case.features.notes if case.features else ():
        case.note(f"The reference: {remark.rstrip('.')}.")


def _said(case: Case) -> dict[str, tuple[object, str]]:
    """What the recording says by field: the value, and the same in words."""
    features, said = case.features, dict[str, tuple[object, str]]()
    if features is None:
        return said
    if features.tempo_bpm:
        said["tempo_bpm"] = (features.tempo_bpm.value, f"{features.tempo_bpm.value:.1f} BPM")
    if features.key:
        said["key"] = (features.key, features.key)
    if features.meter:
        said["meter"] = (features.meter, features.meter)
    genre, feeling = heard_genre(case), heard_moods(case)
    if genre:
        said["genres"] = (genre.value, f"the style of {genres()[genre.value[0]].name.lower()}")
    if feeling:
        said["moods"] = (feeling.value, f"a {moods()[feeling.value[0]].name.lower()} mood")
    return said


def _note_picture(case: Case, fields: Fields) -> None:
    picture = case.picture
    if picture is None:
        return
    by = {name: settled_by(case, fields[name]) for name in _NAMES if name != "meter"}
    gave = [_NAMES[name] for name, who in by.items() if who == SEEN]
    lost = {name: who for name, who in by.items() if who != SEEN}
    told = f"{as_seen(picture)}; it gives {_listed(gave) or 'nothing'}" + (f"; {_settled(lost)}" if lost else "")
    case.note(f"{told[0].upper()}{told[1:]}.")
    for remark in picture.notes:
        case.note(f"The picture: {remark}.")


def _settled(lost: Mapping[str, str]) -> str:
    """Such as "tempo and key are settled by the words, meter by the MIDI file"."""
    groups: dict[str, list[str]] = {}
    for name, who in lost.items():
        groups.setdefault(who, []).append(_NAMES[name])
    parts = [f"{_listed(names)} by {who}" for who, names in groups.items()]
    first = next(iter(groups.values()))
    verb = "is" if len(first) == 1 else "are"
    return ", ".join([parts[0].replace(" by ", f" {verb} settled by ", 1), *parts[1:]])


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
