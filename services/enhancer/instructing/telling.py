"""Edits in words: one sentence each, in a musician's terms, with the ids of what they touch."""

from collections.abc import Sequence

from contracts.edits import (
    AddEdit,
    Edit,
    EndingEdit,
    EnergyEdit,
    FeelEdit,
    FormEdit,
    HarmonyEdit,
    InstrumentEdit,
    KeyEdit,
    LengthEdit,
    LevelEdit,
    LyricsEdit,
    MasterEdit,
    MixEdit,
    MoodEdit,
    OctaveEdit,
    Outline,
    RemoveEdit,
    RewriteEdit,
    SpaceEdit,
    TempoEdit,
    TitleEdit,
)
from services.music.packs.instruments import instruments

_NONE_DB = -50.0
_ENDINGS = {"natural": "ends as songs do", "loop": "goes round without a seam", "cut": "stops dead", "fade": "fades out"}


def told(edits: Sequence[Edit], outline: Outline) -> tuple[str, ...]:
    """One sentence per edit."""
    return tuple(_told(edit, outline) for edit in edits)


def _told(edit: Edit, outline: Outline) -> str:  # noqa: PLR0912  one branch per kind of edit
    match edit:
        case TempoEdit():
            return (
                f"Tempo {edit.bpm:g} BPM{_where(edit.sections)}." if edit.sections else f"Tempo {outline.tempo_bpm:g} → {edit.bpm:g} BPM."
            )
        case KeyEdit():
            return f"Key {edit.key}{_where(edit.sections)}." if edit.sections else f"Key {outline.key} → {edit.key}."
        case InstrumentEdit():
            old = ", ".join(dict.fromkeys(_player(outline.parts[name].instrument) for name in edit.parts))
            return f"{_parts(edit.parts)}: {old} → {_player(edit.instrument)}{f' ({edit.patch})' if edit.patch else ''}."
        case AddEdit():
            return f"{_player(edit.instrument).capitalize()} joins{_where(edit.sections)}."
        case RemoveEdit():
            what = f"No {', '.join(edit.pieces)} of {_parts(edit.parts)}" if edit.pieces else f"{_parts(edit.parts)} silent"
            return f"{what}{_where(edit.sections, edit.bars)}."
        case OctaveEdit():
            way = "up" if edit.octaves > 0 else "down"
            return f"{_parts(edit.parts)} {abs(edit.octaves)} octave{'s' * (abs(edit.octaves) > 1)} {way}{_where(edit.sections)}."
        case EnergyEdit():
            return f"{'Bigger' if edit.by > 0 else 'Smaller'}{_where(edit.sections) or ' as a whole'} (energy {edit.by:+.2f})."
        case RewriteEdit():
            kind = "busier" if edit.density > 0 else "sparser" if edit.density < 0 else "another take"
            return f"{_parts(edit.parts)}: {kind}{_where(edit.sections)}."
        case HarmonyEdit():
            chords = " ".join(edit.chords) if edit.chords else "new ones in the style"
            return f"Chords{_where(edit.sections, edit.bars)}: {chords}."
        case LengthEdit():
            return _length(edit, outline)
        case FormEdit():
            return _form(edit)
        case MoodEdit():
            return f"The same song, {edit.mood.replace('_', ' ')}."
        case FeelEdit():
            swing = "" if edit.swing is None else f"swing {edit.swing:.0%}" if edit.swing else "straight"
            loose = "" if edit.looseness is None else f"looseness {edit.looseness:.0%}"
            return f"{_parts(edit.parts)}: {swing or loose}."
        case EndingEdit():
            return f"The song {_ENDINGS[edit.ending]}."
        case TitleEdit():
            return f"The song is called {edit.title}."
        case LyricsEdit():
            return _lyrics(edit)
        case LevelEdit():
            who = f"{', '.join(edit.pieces).capitalize()} of {_parts(edit.parts)}" if edit.pieces else _parts(edit.parts)
            return f"{who} {edit.db:+.3g} dB{_where(edit.sections, edit.bars)}."
        case SpaceEdit():
            amount = f"no {edit.effect}" if edit.db <= _NONE_DB else f"{edit.effect} {edit.db:+.3g} dB"
            return f"{_parts(edit.parts)}: {amount}{_where(edit.sections, edit.bars)}."
        case MixEdit():
            return _mix(edit)
        case MasterEdit():
            loud = [f"{edit.target_lufs:g} LUFS"] if edit.target_lufs is not None else []
            peak = [f"true peak {edit.ceiling_dbtp:g} dBTP"] if edit.ceiling_dbtp is not None else []
            return f"Master at {', '.join([*loud, *peak])}."


def _lyrics(edit: LyricsEdit) -> str:
    where = _where(edit.sections)
    if edit.find:
        return f'"{edit.find}" becomes "{edit.text}"{where}.'
    line = {None: "", -1: "the last line of "}.get(edit.line, f"line {edit.line} of ")
    return f'Words of {line}{where.removeprefix(" in ") or "the song"}: "{edit.text}".'


def _length(edit: LengthEdit, outline: Outline) -> str:
    if edit.section is None:
        return f"The song {abs(edit.bars)} bars {'longer' if edit.bars > 0 else 'shorter'}."
    return f"{edit.section} {outline.sections[edit.section].bars} → {edit.bars} bars."


def _form(edit: FormEdit) -> str:
    after = f" after {edit.after}" if edit.after else ""
    if edit.action == "insert":
        bars = f" of {edit.bars} bars" if edit.bars else ""
        return f"A new {edit.section}{bars}{after or ' at the beginning'}."
    if edit.action == "move":
        return f"{edit.section} moves{after or ' to the beginning'}."
    return f"{edit.section} {'is taken out' if edit.action == 'remove' else 'comes once more'}{after}."


def _mix(edit: MixEdit) -> str:
    """Such as "Mix: high_end_db 2; vocals: reverb_db 5"."""
    said = [f"{name} {value:g}" for name, value in edit.mix.changes.items()]
    for name, channel in edit.mix.channels.items():
        for key, value in channel.model_dump(exclude_unset=True).items():
            said.append(f"{name} {_value(value)}" if key == "effects" else f"{name} {key} {_value(value)}")
    return f"Mix: {'; '.join(said)}."


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict) and "effect" in value:
        said = {name: _value(one) for name, one in value["parameters"].items()}
        return f"{value['effect']} ({', '.join(f'{name} {one}' for name, one in said.items())})"
    if isinstance(value, dict):
        return " ".join(f"{name} {_value(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_value(one) for one in value)
    return str(value)


def _parts(parts: Sequence[str]) -> str:
    return ", ".join(parts) if parts else "Everybody"


def _where(sections: Sequence[str], bars: tuple[int, int] | None = None) -> str:
    if bars:
        return f" in bars {bars[0]}–{bars[1]}" if bars[0] < bars[1] else f" in bar {bars[0]}"
    return f" in {', '.join(sections)}" if sections else ""


def _player(instrument: str) -> str:
    found = instruments().get(instrument)
    return found.name.lower() if found else instrument
