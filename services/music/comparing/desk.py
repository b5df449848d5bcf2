"""The mix: faders, places, spaces and tone of the channels; levels of sections; the whole; the record's loudness."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.music.comparing.songs import Difference, Song, said

_LEAST_DB = 0.5
_LEAST_PAN = 0.05
_LEAST_WIDTH = 0.1
_SENDS = {"room_db": "room", "hall_db": "hall", "delay_db": "echo", "parallel_db": "parallel compression"}
_OF_STRETCH = {"level_db": "level", "reverb_db": "reverb", "echo_db": "echo"}
_SILENT_DB = -50.0
_LEAST_LU = 0.3
Row = Mapping[str, Any]


def of_mix(one: Song, other: Song) -> Iterator[Difference]:
    """What stands differently on the desk. Songs that are not mixed have no desk."""
    if one.mix and other.mix:
        before, after = one.mix.get("channels", {}), other.mix.get("channels", {})
        for name in after:
            if name in before:
                yield from _of_channel(name, before[name], after[name])
        returns = one.mix.get("returns", {}), other.mix.get("returns", {})
        for name in returns[1]:
            if name in returns[0]:
                yield from _of_levels(name, returns[0][name], returns[1][name])
        yield from _of_sections(one.mix.get("section_edit_db", {}), other.mix.get("section_edit_db", {}))
        if one.mix.get("profile") != other.mix.get("profile"):
            a, b = one.mix.get("profile"), other.mix.get("profile")
            yield Difference("mix", f"mixed as {said(str(a))} → {said(str(b))}", {"before": a, "after": b})
        yield from _of_changes(one.mix.get("changes", {}), other.mix.get("changes", {}))
    yield from _of_record(one, other)


def _of_channel(name: str, before: Row, after: Row) -> Iterator[Difference]:
    yield from _of_levels(name, before, after)
    old, new = before.get("section_edit_db", {}), after.get("section_edit_db", {})
    for section in sorted({*old, *new}):
        moved = new.get(section, 0.0) - old.get(section, 0.0)
        if abs(moved) >= _LEAST_DB:
            yield Difference("level", f"{said(section)}: {said(name)} {_louder(moved)}", {"part": name, "section": section, "db": moved})
    yield from _of_stretches(name, before.get("stretches", ()), after.get("stretches", ()))
    if abs(after["pan"] - before["pan"]) >= _LEAST_PAN:
        side = f"{said(name)} further {'right' if after['pan'] > before['pan'] else 'left'}"
        yield Difference("place", side, {"part": name, "before": before["pan"], "after": after["pan"]})
    if abs(after["width"] - before["width"]) >= _LEAST_WIDTH:
        wide = f"{said(name)} {'wider' if after['width'] > before['width'] else 'narrower'}"
        yield Difference("place", wide, {"part": name, "before": before["width"], "after": after["width"]})
    if not (before.get("silent") or after.get("silent")):
        yield from _of_spaces(name, before, after)
        yield from _of_tone(name, before, after)


def _of_stretches(name: str, before: Any, after: Any) -> Iterator[Difference]:
    """What was moved in some bars of a section; what a role and its part say of the same bars adds up, as on the desk."""
    rows = [_by_place(side) for side in (before, after)]
    for place in sorted({*rows[0], *rows[1]}, key=str):
        section, first, last = place
        bars = f", bars {first}–{last} of it" if last else f", from its bar {first} on" if first > 1 else ""
        for field, text in _OF_STRETCH.items():
            moved = rows[1].get(place, {}).get(field, 0.0) - rows[0].get(place, {}).get(field, 0.0)
            if abs(moved) >= _LEAST_DB:
                said_ = _louder(moved) if field == "level_db" else f"{'more' if moved > 0 else 'less'} {text} ({moved:+.3g} dB)"
                data = {"part": name, "section": section, "first": first, "last": last, field: moved}
                yield Difference("level" if field == "level_db" else "space", f"{said(section)}{bars}: {said(name)} {said_}", data)


def _by_place(stretches: Any) -> dict[Any, dict[str, float]]:
    found: dict[Any, dict[str, float]] = {}
    for row in stretches:
        moved = found.setdefault((row["section"], row.get("first", 1), row.get("last")), dict.fromkeys(_OF_STRETCH, 0.0))
        for field in _OF_STRETCH:
            moved[field] += row.get(field, 0.0)
    return found


def _of_levels(name: str, before: Row, after: Row) -> Iterator[Difference]:
    if bool(before.get("muted")) != bool(after.get("muted")):
        yield Difference("level", f"{said(name)} {'muted' if after.get('muted') else 'is heard again'}", {"part": name})
    moved = after.get("level_edit_db", 0.0) - before.get("level_edit_db", 0.0)
    if abs(moved) >= _LEAST_DB:
        yield Difference("level", f"{said(name)} {_louder(moved)}", {"part": name, "db": round(moved, 2)})


def _of_spaces(name: str, before: Row, after: Row) -> Iterator[Difference]:
    for send, space in _SENDS.items():
        a, b = max(before[send], _SILENT_DB), max(after[send], _SILENT_DB)
        if abs(a - b) >= 1.0:
            amount = "more" if b > a else "less"
            yield Difference(
                "space", f"{said(name)}: {amount} {space} ({b - a:+.1f} dB)", {"part": name, "send": send, "db": round(b - a, 2)}
            )


def _of_tone(name: str, before: Row, after: Row) -> Iterator[Difference]:
    for field, word in (("eq", "equaliser"), ("effects", "effects"), ("highpass_hz", "low cut"), ("lowpass_hz", "high cut")):
        if before.get(field) != after.get(field):
            yield Difference(
                "tone", f"{said(name)}: {_tone_text(word, before.get(field), after.get(field))}", {"part": name, "field": field}
            )
    if before.get("compression") != after.get("compression"):
        a, b = before["compression"]["ratio"], after["compression"]["ratio"]
        yield Difference("tone", f"{said(name)}: compressed {a:g} : 1 → {b:g} : 1", {"part": name, "field": "compression"})


def _tone_text(word: str, before: Any, after: Any) -> str:
    if word == "effects":
        return f"effects {_effects(before)} → {_effects(after)}"
    if isinstance(after, int | float) and isinstance(before, int | float):
        return f"{word} {before:g} → {after:g} Hz"
    return f"another {word}"


def _effects(rows: Any) -> str:
    return ", ".join(said(row["effect"]) for row in rows or ()) or "none"


def _of_sections(before: Row, after: Row) -> Iterator[Difference]:
    for section in sorted({*before, *after}):
        moved = after.get(section, 0.0) - before.get(section, 0.0)
        if abs(moved) >= _LEAST_DB:
            yield Difference("level", f"{said(section)} {_louder(moved)}", {"section": section, "db": round(moved, 2)})


def _of_changes(before: Row, after: Row) -> Iterator[Difference]:
    for name in sorted({*before, *after}):
        a, b = before.get(name), after.get(name)
        if a != b and name != "remix":
            word = said(name).removesuffix(" db")
            yield Difference("mix", f"{word} {_number(a)} → {_number(b)}", {"change": name, "before": a, "after": b})


def _of_record(one: Song, other: Song) -> Iterator[Difference]:
    a, b = one.loudness_lufs, other.loudness_lufs
    if a is not None and b is not None and abs(a - b) >= _LEAST_LU:
        yield Difference("loudness", f"loudness {a:.1f} → {b:.1f} LUFS", {"before": a, "after": b})
    a, b = one.ceiling_dbtp, other.ceiling_dbtp
    if a is not None and b is not None and a != b:
        yield Difference("loudness", f"ceiling {a:g} → {b:g} dBTP", {"before": a, "after": b})


def _louder(moved: float) -> str:
    return f"{abs(moved):g} dB {'louder' if moved > 0 else 'softer'}"


def _number(value: Any) -> str:
    return "as decided" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
