"""Edits of the mix and the record, laid over the options that were in force."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from contracts.context import Options
from contracts.edits import Edit, FormEdit, LevelEdit, MasterEdit, MixEdit, Outline, RemoveEdit, SpaceEdit
from contracts.sound import ChannelEdit, MixEdits, StretchEdit
from services.gateway.versions.merging import merged
from services.music.renaming import Naming

LOWEST_DB, HIGHEST_DB = -60.0, 24.0
LOWEST_SECTION_DB, HIGHEST_SECTION_DB = -24.0, 12.0
"""What the mixer takes for a section as a whole."""
Channels = dict[str, dict[str, Any]]
_One = TypeVar("_One")
_PLAIN = ChannelEdit().model_dump(mode="json")


def laid(options: Options, edits: tuple[Edit, ...], outline: Outline) -> Options:
    """`options` with the level, mix and master edits laid over them in order; edits of the score only take away what they make moot.

    A level edit adds to what was stated before, a mix edit stands over it. What was stated of a part that gets another id goes with it.
    """
    naming = Naming({n: p.instrument for n, p in outline.parts.items()}, {n: p.role for n, p in outline.parts.items()})
    for said in edits:
        edit = naming.heard(said)
        if isinstance(edit, LevelEdit) and edit.pieces:
            pass  # single drums are the score's
        elif isinstance(edit, SpaceEdit) or (isinstance(edit, LevelEdit) and edit.bars is not None):
            options = _with_mix(options, partial(_stretched, edit=edit, outline=outline))
        elif isinstance(edit, LevelEdit):
            options = _with_mix(options, partial(_levelled, edit=edit, outline=outline))
        elif isinstance(edit, MixEdit):
            over = edit.mix.model_dump(mode="json", exclude_unset=True)
            options = _with_mix(options, partial(_merged, over=over, outline=outline))
        elif isinstance(edit, MasterEdit):
            stated = {name: getattr(edit, name) for name in ("target_lufs", "ceiling_dbtp")}
            options = options.model_copy(update={name: value for name, value in stated.items() if value is not None})
        elif options.mix is not None:
            options = _with_mix(options, partial(_without, edit=edit, outline=outline))
        if called := naming.after(edit):
            outline = outline.model_copy(update={"parts": _renamed(outline.parts, called)})
            options = options if options.mix is None else _with_mix(options, partial(_called, called=called))
    return options


def _with_mix(options: Options, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Options:
    stated = options.mix.model_dump(mode="json", exclude_defaults=True) if options.mix else {}
    return options.model_copy(update={"mix": MixEdits.model_validate(change(stated))})


def _called(mix: dict[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    return {**mix, "channels": _renamed(mix.get("channels", {}), called)}


def _renamed(by_name: Mapping[str, _One], called: Mapping[str, str]) -> dict[str, _One]:
    return {called.get(name, name): one for name, one in by_name.items()}


def _merged(mix: dict[str, Any], over: dict[str, Any], outline: Outline) -> dict[str, Any]:
    channels: Channels = over.get("channels", {})
    reset = [name for name, one in channels.items() if any(value == _PLAIN.get(key, value) for key, value in one.items())]
    return dict(merged(_by_parts(mix, reset, outline), over))


def _levelled(mix: dict[str, Any], edit: LevelEdit, outline: Outline) -> dict[str, Any]:
    """Parts or sections louder. A part's own statement goes before that of its role, so it begins with what the role's says."""
    if edit.sections and not edit.parts:
        known = mix.get("section_db", {})
        moved = {name: _added(known, name, edit.db, LOWEST_SECTION_DB, HIGHEST_SECTION_DB) for name in edit.sections}
        return {**mix, "section_db": {**known, **moved}}
    channels: Channels = dict(mix.get("channels", {}))
    reset = []
    for part in edit.parts or outline.parts:
        own, roles = dict(channels.get(part, {})), channels.get(_role(outline, part), {})
        if edit.sections:
            known = {**roles.get("section_db", {}), **own.get("section_db", {})}
            own["section_db"] = {**known, **{name: _added(known, name, edit.db) for name in edit.sections}}
        else:
            own["level_db"] = _added({**roles, **own}, "level_db", edit.db)
            reset += [] if own["level_db"] else [part]
        channels[part] = own
    return _by_parts({**mix, "channels": channels}, reset, outline)


def _stretched(mix: dict[str, Any], edit: LevelEdit | SpaceEdit, outline: Outline) -> dict[str, Any]:
    """Parts louder, or further back, in some bars. What is said of the same bars adds up."""
    field = "level_db" if isinstance(edit, LevelEdit) else f"{edit.effect}_db"
    channels: Channels = dict(mix.get("channels", {}))
    for part in edit.parts or outline.parts:
        own = dict(channels.get(part, {}))
        rows = list(own.get("stretches", ()))
        for place in _places(edit, outline):
            at = next((i for i, row in enumerate(rows) if _place_of(row) == _place_of(place)), len(rows))
            row = rows[at] if at < len(rows) else place
            rows[at : at + 1] = [{**row, field: _added(row, field, edit.db)}]
        channels[part] = {**own, "stretches": [row for row in rows if any(row.get(name) for name in _MOVED)]}
    return {**mix, "channels": channels}


_MOVED = ("level_db", "reverb_db", "echo_db")


def _place_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["section"], row.get("first", 1), row.get("last")


def _places(edit: LevelEdit | SpaceEdit, outline: Outline) -> list[dict[str, Any]]:
    """The stretches that an edit names, each in its section; whole sections without bars."""
    places = []
    for name, section in outline.sections.items():
        first, last = edit.bars or (section.start_bar, section.start_bar + section.bars - 1)
        low, high = max(first - section.start_bar, 0) + 1, min(last - section.start_bar + 1, section.bars)
        if low <= high and (edit.bars or not edit.sections or name in edit.sections):
            whole = (low, high) == (1, section.bars)
            row = StretchEdit(section=name) if whole else StretchEdit(section=name, first=low, last=high)
            places.append(row.model_dump(mode="json", exclude_defaults=True))
    return places


def _role(outline: Outline, part: str) -> str:
    """The role whose edit holds for a part; "" where a part is called so, which an edit of that name means then."""
    role = outline.parts[part].role if part in outline.parts else ""
    return "" if role in outline.parts else role


def _by_parts(mix: dict[str, Any], reset: Collection[str], outline: Outline) -> dict[str, Any]:
    """The mix with the edits of the roles of some parts said of each part that has the role.

    In a part's own edit nothing counts that equals the default, so that under its role's it could not be brought back to 0.
    """
    channels: Channels = dict(mix.get("channels", {}))
    roles = {_role(outline, name) for name in reset}
    for role in sorted(roles & channels.keys()):
        said = channels.pop(role)
        for name, one in outline.parts.items():
            if one.role == role:
                own = channels.get(name, {})
                sections = {**said.get("section_db", {}), **own.get("section_db", {})}
                rows = [*said.get("stretches", ()), *own.get("stretches", ())]
                channels[name] = {**said, **own, **({"section_db": sections} if sections else {}), **({"stretches": rows} if rows else {})}
    return {**mix, "channels": channels}


def _added(known: Mapping[str, float], name: str, by_db: float, lowest: float = LOWEST_DB, highest: float = HIGHEST_DB) -> float:
    return round(min(max(known.get(name, 0.0) + by_db, lowest), highest), 3)


def _without(mix: dict[str, Any], edit: Edit, outline: Outline) -> dict[str, Any]:
    """The mix without what names a part or a section that the edit takes out of the song."""
    parts, sections = _leaving(edit, outline)
    if not parts and not sections:
        return mix
    channels: Channels = {}
    for name, one in mix.get("channels", {}).items():
        if name not in parts:
            kept = {section: value for section, value in one.get("section_db", {}).items() if section not in sections}
            rows = [row for row in one.get("stretches", ()) if row["section"] not in sections]
            channels[name] = {**one, **({"section_db": kept} if "section_db" in one else {}), **({"stretches": rows} if rows else {})}
            if "stretches" in one and not rows:
                channels[name].pop("stretches")
    of_sections = {name: value for name, value in mix.get("section_db", {}).items() if name not in sections}
    return {**mix, "channels": channels, "section_db": of_sections}


def _leaving(edit: Edit, outline: Outline) -> tuple[set[str], set[str]]:
    """Parts (with roles that nobody plays any more) and sections that an edit takes out."""
    if isinstance(edit, RemoveEdit) and not edit.sections and not edit.bars and not edit.pieces:
        parts = set(edit.parts or outline.parts)
        staying = {one.role for name, one in outline.parts.items() if name not in parts}
        return parts | ({one.role for one in outline.parts.values()} - staying), set()
    if isinstance(edit, FormEdit) and edit.action == "remove":
        return set(), {edit.section}
    return set(), set()
