"""From a MIDI file to what the composer can build on: parts by role, tempo, meter, key, chords and sections."""

import re
from collections.abc import Sequence
from typing import Literal

from contracts.errors import BadInput
from contracts.given import Given, GivenPart
from contracts.music import PPQ, ChordEvent, Key, Meter, Note
from services.analyzer.chord_finding import find_chords
from services.analyzer.midi_file import MidiSong, Voice, read_midi_file, refused
from services.analyzer.note_facts import energies, form_by_repetition, key_of_notes, scale_share, sections_of
from services.analyzer.roles import roles_of, shape_of, skyline
from services.music.packs.instruments import instruments

As = Literal["auto", "melody", "chords", "drums"]
_WHOLE_SONG_BARS = 24
_STANDARD = "4/4"
_SLACK = PPQ // 4
_SHORTEST_SECTION = 2
_ONE_LINE = 1.15
"""Notes per stroke up to which a voice is one line."""


def read_midi(data: bytes, name: str, taken_for: As = "auto") -> Given:
    """What a MIDI file brings. `taken_for`: which of it is wanted.

    Raises:
        BadInput: on field "midi", for a file that cannot be read or holds nothing of what it is taken for.
    """
    song = read_midi_file(data, name)
    remarks = list(song.notes)
    meter = _meter(song, remarks)
    song = _from_first_bar(song, meter, remarks)
    parts = _parts(song, taken_for, name, remarks)
    end = max(n.end for part in parts for n in part.notes)
    bars = max(1, -(-(end - _SLACK) // meter.ticks_per_bar))
    tempo = _tempo(song, meter, remarks)
    pitched = [n for part in parts if part.role != "drums" for n in part.notes]
    if not pitched:
        return Given(source="midi", name=name, tempo_bpm=tempo, meter=str(meter), bars=bars, parts=tuple(parts), notes=tuple(remarks))
    low = next((part.notes for part in parts if part.role == "bass"), ())
    key = _key(song, pitched, low, remarks)
    chords = _chords(parts, bars, meter, key, taken_for)
    labels, starts = _form(song, parts, bars, meter, remarks)
    every = [n for part in parts for n in part.notes]
    sections = sections_of(labels, starts, energies(every, starts, bars, meter.ticks_per_bar), bars, key)
    return Given(
        source="midi", name=name, tempo_bpm=tempo, meter=str(meter), key=str(key), bars=bars, parts=tuple(parts), chords=chords,
        sections=sections, notes=tuple(remarks),
    )  # fmt: skip


def _meter(song: MidiSong, remarks: list[str]) -> Meter:
    """The meter that holds longest; 4/4, as the standard says, where the file names none."""
    if not song.meters:
        return Meter.parse(_STANDARD)
    lengths: dict[str, int] = {}
    ends = [tick for tick, _ in song.meters[1:]] + [max(song.end, song.meters[-1][0] + 1)]
    for (start, text), end in zip(song.meters, ends, strict=True):
        lengths[text] = lengths.get(text, 0) + end - start
    longest = max(lengths, key=lambda text: lengths[text])
    try:
        meter = Meter.parse(longest)
    except BadInput:
        remarks.append(f"its meter {longest} is none that can be played here; bars of {_STANDARD} were laid over it")
        return Meter.parse(_STANDARD)
    if len(lengths) > 1:
        remarks.append(f"its meter changes ({', '.join(lengths)}); bars are counted in {longest} throughout")
    return meter


def _from_first_bar(song: MidiSong, meter: Meter, remarks: list[str]) -> MidiSong:
    """The song without empty bars before its first note."""
    first = min(n.start for v in song.voices for n in v.notes)
    empty = (first + _SLACK // 4) // meter.ticks_per_bar
    if not empty:
        return song
    shift = empty * meter.ticks_per_bar
    remarks.append(f"{empty} empty bar{'s' if empty > 1 else ''} before its first note were left out")
    voices = tuple(Voice(v.name, v.channel, v.program, [n._replace(start=max(0, n.start - shift)) for n in v.notes]) for v in song.voices)
    tempos = tuple((max(0, tick - shift), bpm) for tick, bpm in song.tempos)
    markers = tuple((max(0, tick - shift), text) for tick, text in song.markers)
    return MidiSong(voices, tempos, song.meters, song.keys, markers, song.notes)


def _tempo(song: MidiSong, meter: Meter, remarks: list[str]) -> float | None:
    """The tempo that most beats have, of the felt beat. None where the file names none."""
    if not song.tempos:
        remarks.append("it names no tempo")
        return None
    steps: dict[int, float] = dict(song.tempos)
    ticks = sorted(steps)
    ends = [*ticks[1:], max(song.end, ticks[-1] + 1)]
    weight: dict[float, int] = {}
    for start, end in zip(ticks, ends, strict=True):
        bpm = round(steps[start], 3)
        weight[bpm] = weight.get(bpm, 0) + max(0, min(end, song.end) - start)
    felt = PPQ / meter.ticks_per_beat
    ordered = sorted(weight)
    half, passed = sum(weight.values()) / 2, 0.0
    middle = ordered[0]
    for bpm in ordered:
        passed += weight[bpm]
        if passed >= half:
            middle = bpm
            break
    if len(ordered) > 1:
        curve = ", ".join(f"{steps[t] * felt:.5g} from bar {t // meter.ticks_per_bar + 1}" for t in ticks[:6])
        more = f" and {len(ticks) - 6} more" if len(ticks) > 6 else ""
        remarks.append(f"its tempo changes ({curve}{more}); notes keep their beats, and the song the middle tempo")
    bpm = middle * felt
    if not 30 <= bpm <= 300:
        within = bpm
        while within > 300:
            within /= 2
        while within < 30:
            within *= 2
        remarks.append(f"its tempo of {bpm:.5g} bpm was taken as {within:.5g}")
        return round(within, 3) if 30 <= within <= 300 else None
    return round(bpm, 3)


def _parts(song: MidiSong, taken_for: As, name: str, remarks: list[str]) -> list[GivenPart]:
    roles = roles_of(song.voices)
    wanted = {
        "auto": ("melody", "bass", "chords", "drums", "other"),
        "melody": ("melody",),
        "chords": ("chords", "bass", "other"),
        "drums": ("drums",),
    }[taken_for]
    if taken_for == "melody" and "melody" not in roles.values():
        tops = [i for i in roles if roles[i] != "drums"]
        roles |= {max(tops, key=lambda i: (shape_of(song.voices[i].notes).mean_pitch, -i)): "melody"} if tops else {}
    if taken_for == "chords":
        roles = {
            i: "chords" if role in ("melody", "other") and shape_of(song.voices[i].notes).voices > 1.2 else role
            for i, role in roles.items()
        }
        if "chords" not in roles.values():
            roles = {i: "chords" if role != "drums" else role for i, role in roles.items()}
    if taken_for == "drums" and "drums" not in roles.values():
        roles = dict.fromkeys(roles, "drums")
    parts: list[GivenPart] = []
    for index, voice in enumerate(song.voices):
        role = roles[index]
        if role not in wanted:
            continue
        if role == "melody":
            parts += _melody(voice, taken_for, remarks)
        else:
            parts.append(GivenPart(role=role, name=voice.name, instrument=_nearest(voice, role), notes=tuple(voice.notes)))
    if not parts:
        has = ", ".join(sorted(set(roles.values())))
        raise refused(name, f"it was to be taken for {taken_for}, but all it holds is {has}")
    told = ", ".join(f"{part.role}{f' ({part.name})' if part.name else ''}" for part in parts)
    remarks.insert(0, f"read as {told}")
    return sorted(parts, key=lambda part: ("melody", "chords", "bass", "drums", "other").index(part.role))


def _melody(voice: Voice, taken_for: As, remarks: list[str]) -> list[GivenPart]:
    """A melody as one line; what sounds below it in the same track are chords."""
    shape = shape_of(voice.notes)
    tune = skyline(voice.notes, single=shape.voices < _ONE_LINE)
    entry = _nearest(voice, "melody")
    out = [GivenPart(role="melody", name=voice.name, instrument=entry, notes=tuple(tune))]
    starts = {(n.start, n.pitch) for n in tune}
    below = [n for n in voice.notes if (n.start, n.pitch) not in starts]
    if below:
        remarks.append(f"the upper line of {voice.name or 'the track'} is its melody: {len(tune)} of {len(voice.notes)} notes")
        if taken_for == "auto":
            role: Literal["chords", "other"] = "chords" if len(below) > len(tune) // 4 else "other"
            out.append(GivenPart(role=role, name=voice.name, instrument=entry, notes=tuple(below)))
    return out


def _nearest(voice: Voice, role: str) -> str:
    """Catalogue id of the instrument whose General MIDI program is nearest in the same family of eight; "" where there is none."""
    if role == "drums":
        return "drum_kit"
    if voice.program is None:
        return ""
    program = voice.program
    alike = [i for i in instruments().values() if not i.is_drums and i.family != "fx" and i.gm_program // 8 == program // 8]
    return min(alike, key=lambda i: (abs(i.gm_program - program), i.id)).id if alike else ""


_SIGNATURE = re.compile(r"^([A-G][#b]?)(m?)$")


def _key(song: MidiSong, notes: Sequence[Note], low: Sequence[Note], remarks: list[str]) -> Key:
    """The key that the notes have; the file's own signature where it holds them as well and the ear is in doubt."""
    heard, sure = key_of_notes(notes, low)
    signs = [sign for _, sign in song.keys]
    match = _SIGNATURE.match(signs[0]) if signs else None
    if match is None:
        return heard
    named = Key(match.group(1), "minor" if match.group(2) else "major")
    if named.tonic_class == heard.tonic_class and named.mode == heard.mode:
        return named
    holds = scale_share(notes, named) >= scale_share(notes, heard) - 0.02
    if holds and (sure < 0.5 or (set(named.pitch_classes) == set(heard.pitch_classes) and sure < 0.62 and named.tonic != "C")):
        return named
    remarks.append(f"its signature says {named}, its notes say {heard}")
    return heard


def _chords(parts: Sequence[GivenPart], bars: int, meter: Meter, key: Key, taken_for: As) -> tuple[ChordEvent, ...]:
    """Chords of whatever sounds together beside the melody."""
    if taken_for == "melody":
        return ()
    tune = [n for part in parts if part.role == "melody" for n in part.notes]
    rest = [n for part in parts if part.role in ("chords", "bass", "other") for n in part.notes]
    harmonic = any(part.role == "chords" for part in parts)
    return find_chords(rest, tune, bars, meter, key) if harmonic else ()


def _form(song: MidiSong, parts: Sequence[GivenPart], bars: int, meter: Meter, remarks: list[str]) -> tuple[list[str], list[int]]:
    """Labels and first bars: by the markers, else by what comes back, where there is a whole song."""
    marked: dict[int, str] = {}
    for tick, text in song.markers:
        bar = round(tick / meter.ticks_per_bar)
        label = re.sub(r"[\s_-]*\d+$", "", text.strip().lower()).strip()
        if label and bar < bars and any(c.isalpha() for c in label) and label not in ("end", "fin"):
            marked[bar] = label[:30]
    starts = sorted(marked)
    starts = [b for i, b in enumerate(starts) if (starts[i + 1] if i + 1 < len(starts) else bars) - b >= min(_SHORTEST_SECTION, bars)]
    if len(starts) >= 2:
        if starts[0] > 0:
            marked[0] = marked.get(0, "intro")
            starts = [0, *[s for s in starts if s > 0]]
        remarks.append(f"its form is that of its markers: {', '.join(marked[s] for s in starts)}")
        return [marked[s] for s in starts], starts
    if bars < _WHOLE_SONG_BARS:
        return [], []
    tune = [n for part in parts if part.role == "melody" for n in part.notes]
    labels, found = form_by_repetition(tune, [n for p in parts if p.role != "drums" for n in p.notes], bars, meter.ticks_per_bar)
    remarks.append(f"it has no markers; its form is taken from what comes back: {', '.join(labels)}")
    return labels, found
