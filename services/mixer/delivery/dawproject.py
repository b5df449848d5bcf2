"""project.dawproject: the song as a project that a DAW opens, with stems, notes, tempo, meter and section markers.

The format is DAWproject 1.0 (open, by Bitwig and PreSonus): a ZIP of `project.xml` and `metadata.xml`. Times are quarter notes. Every part
has two tracks: its stem as it was delivered, at unity, so that all of them together are the record, and its notes, muted, ready for
an instrument. The stems are named as files beside the project (`stems/…`, external), not packed a second time.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from xml.etree import ElementTree as ET

from contracts.music.meter import PPQ
from contracts.music.score import Part, Role, Score
from services.mixer.delivery.bundle import zip_entry
from services.mixer.delivery.tagging import Tags

MEDIA_TYPE = "application/vnd.dawproject"  # none is registered; a vendor tree name, so that nobody takes it for a plain archive
NAME = "project.dawproject"
# Raise when the same song would give another project.
VERSION = 1
_COLOURS: dict[Role, str] = {
    Role.DRUMS: "#d9544d", Role.PERCUSSION: "#e07f4f", Role.BASS: "#d8a53c", Role.HARMONY: "#5fa55a", Role.PAD: "#3f9f94",
    Role.MELODY: "#4a7fc1", Role.COUNTER: "#7f6fc4", Role.VOCAL: "#b665a8", Role.FX: "#8a8f99",
}  # fmt: skip
_RETURN_COLOUR = "#a9adb5"
_CONTROLLERS = {"cc1": 1, "cc2": 2, "cc11": 11, "cc64": 64}
_DRUM_CHANNEL = 9


@dataclass(frozen=True)
class Sound:
    """The shape that all stems have."""

    rate_hz: int
    frames: int
    channels: int = 2

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate_hz


def write_dawproject(score: Score, stems: list[str], sound: Sound, tags: Tags) -> bytes:
    """Bytes of the project; the same for the same song.

    Args:
        score: sections, tempo and notes; a part without a stem has its notes alone.
        stems: names of the delivered stems in order, `stems/<name>.wav` beside the project; those that are no parts are effect returns.
        sound: what each stem holds.
        tags: title, genre and comment.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in (("metadata.xml", _metadata(tags)), ("project.xml", _Project(score, stems, sound).root())):
            ET.indent(root)
            text = ET.tostring(root, encoding="unicode")
            entry = zip_entry(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}\n')
    return buffer.getvalue()


def _metadata(tags: Tags) -> ET.Element:
    root = ET.Element("MetaData")
    for name, text in (("Title", tags.title), ("Artist", tags.artist), ("Genre", tags.genre), ("Comment", tags.comment)):
        if text:
            ET.SubElement(root, name).text = _writable(text)
    return root


def _writable(text: str) -> str:
    """Text without the control characters that XML 1.0 (2.2) cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff")


class _Project:
    """Builds project.xml. Elements that are referred to get an id; ids are numbered in document order."""

    def __init__(self, score: Score, stems: list[str], sound: Sound) -> None:
        self.score, self.stems, self.sound = score, stems, sound
        self._ids = count()
        self.quarter_bpm = score.meter_value.ticks_per_beat / PPQ
        self.tempos = score.tempo_map or ((0, score.tempo_bpm),)
        self.seconds_in_quarters = self._quarters_of(sound.seconds)

    def root(self) -> ET.Element:
        """The whole document."""
        root = ET.Element("Project", version="1.0")
        ET.SubElement(root, "Application", name="Houseband", version=version("houseband"))
        tempo = self._transport(ET.SubElement(root, "Transport"))
        structure = ET.Element("Structure")
        master, lanes = self._new("Track", contentType="audio notes", loaded="true", name="Master"), []
        output = self._channel(master, "master")
        for name in [*self.score.parts, *(stem for stem in self.stems if stem not in self.score.parts)]:
            lanes += list(self._part(structure, name, output))
        structure.append(master)
        root.append(structure)
        arrangement = self._under(root, "Arrangement")
        self._under(arrangement, "Lanes", timeUnit="beats").extend(lanes)
        self._markers(arrangement)
        if len(self.tempos) > 1:
            self._tempo_curve(arrangement, tempo)
        return root

    def _new(self, tag: str, **attributes: str) -> ET.Element:
        return ET.Element(tag, {"id": f"id{next(self._ids)}", **attributes})

    def _under(self, parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
        element = self._new(tag, **attributes)
        parent.append(element)
        return element

    def _transport(self, transport: ET.Element) -> str:
        """Tempo in quarter notes per minute and the meter; the tempo's id."""
        meter = self.score.meter_value
        tempo = self._under(transport, "Tempo", unit="bpm", min="20", max="999", value=_number(self.tempos[0][1] * self.quarter_bpm))
        tempo.set("name", "Tempo")
        self._under(transport, "TimeSignature", numerator=str(meter.numerator), denominator=str(meter.denominator))
        return tempo.attrib["id"]

    def _part(self, structure: ET.Element, name: str, output: str) -> Iterator[ET.Element]:
        """The tracks of a part, and its lanes in the arrangement."""
        part = self.score.parts.get(name)
        colour = _COLOURS[part.role] if part else _RETURN_COLOUR
        title = (part.name if part and part.name else name).replace("_", " ")
        if name in self.stems:
            yield self._audio(self._track(structure, title, "audio", colour, output, muted=False), name, title)
        if part and part.notes:
            yield self._notes(self._track(structure, f"{title} - notes", "notes", colour, output, muted=True), part, title)

    def _track(self, structure: ET.Element, name: str, content: str, colour: str, output: str, *, muted: bool) -> str:
        track = self._under(structure, "Track", contentType=content, loaded="true", name=_writable(name), color=colour)
        self._channel(track, "regular", output, muted=muted)
        return track.attrib["id"]

    def _channel(self, track: ET.Element, role: str, output: str | None = None, *, muted: bool = False) -> str:
        """A channel at unity in the middle; its id. Children in the order of the schema: Mute, Pan, Volume."""
        channel = self._under(track, "Channel", audioChannels="2", role=role, solo="false", **({"destination": output} if output else {}))
        self._under(channel, "Mute", value="true" if muted else "false", name="Mute")
        self._under(channel, "Pan", unit="normalized", min="0", max="1", value="0.5", name="Pan")
        self._under(channel, "Volume", unit="linear", min="0", max="2", value="1", name="Volume")
        return channel.attrib["id"]

    def _audio(self, track: str, stem: str, name: str) -> ET.Element:
        """The stem as one clip from the first bar line on, not stretched."""
        lanes = self._new("Lanes", track=track)
        clips = self._under(lanes, "Clips")
        clip = ET.SubElement(clips, "Clip", time="0", duration=_number(self.seconds_in_quarters), contentTimeUnit="seconds", playStart="0")
        clip.set("name", _writable(name))
        shape = {"channels": str(self.sound.channels), "sampleRate": str(self.sound.rate_hz), "duration": _number(self.sound.seconds)}
        audio = self._under(clip, "Audio", algorithm="raw", **shape)
        ET.SubElement(audio, "File", path=f"stems/{stem}.wav", external="true")
        return lanes

    def _notes(self, track: str, part: Part, name: str) -> ET.Element:
        """The notes and controllers, one clip per section in which the part plays."""
        lanes = self._new("Lanes", track=track)
        clips = self._under(lanes, "Clips")
        for section_id, section in self.score.sections.items():
            start, end = self.score.bar_tick(section.start_bar), self.score.bar_tick(section.end_bar)
            notes = [note for note in part.notes if start <= note.start < end]
            if not notes:
                continue
            span = {"time": _quarters(start), "duration": _quarters(end - start), "playStart": "0"}
            clip = ET.SubElement(clips, "Clip", span)
            clip.set("name", _writable(f"{name} {section_id.replace('_', ' ')}"))
            inside = self._under(clip, "Lanes")
            events, channel = self._under(inside, "Notes"), str(_DRUM_CHANNEL if part.role is Role.DRUMS else 0)
            for note in notes:
                place = {"time": _quarters(note.start - start), "duration": _quarters(note.duration), "channel": channel}
                ET.SubElement(events, "Note", {**place, "key": str(note.pitch), "vel": _number(note.velocity / 127)})
            self._controls(inside, part, start, end, channel)
        return lanes

    def _controls(self, inside: ET.Element, part: Part, start: int, end: int, channel: str) -> None:
        for control, number in _CONTROLLERS.items():
            curve = part.controls.get(control, ())
            held = [value for tick, value in curve if tick <= start][-1:]
            points = [(0, value) for value in held] + [(tick - start, value) for tick, value in curve if start < tick < end]
            if not points:
                continue
            lane = self._under(inside, "Points", unit="normalized")
            ET.SubElement(lane, "Target", expression="channelController", channel=channel, controller=str(number))
            for tick, value in points:
                level = _number(min(max(value / 127, 0.0), 1.0))
                ET.SubElement(lane, "RealPoint", time=_quarters(tick), value=level, interpolation="hold")

    def _markers(self, arrangement: ET.Element) -> None:
        markers = self._under(arrangement, "Markers")
        for name, section in self.score.sections.items():
            ET.SubElement(markers, "Marker", time=_quarters(self.score.bar_tick(section.start_bar)), name=_writable(name.replace("_", " ")))
        ET.SubElement(markers, "Marker", time=_quarters(self.score.end_tick), name="end")

    def _tempo_curve(self, arrangement: ET.Element, tempo: str) -> None:
        curve = self._under(arrangement, "TempoAutomation", unit="bpm")
        ET.SubElement(curve, "Target", parameter=tempo)
        for tick, bpm in self.tempos:
            value = _number(bpm * self.quarter_bpm)
            ET.SubElement(curve, "RealPoint", time=_quarters(tick), value=value, interpolation="hold")

    def _quarters_of(self, seconds: float) -> float:
        """Where a time in seconds lies in quarter notes, by the tempo map."""
        quarters, now, last = 0.0, 0.0, self.tempos[0]
        for tick, bpm in self.tempos[1:]:
            took = (tick - last[0]) / PPQ * 60 / (last[1] * self.quarter_bpm)
            if now + took > seconds:
                break
            quarters, now, last = tick / PPQ, now + took, (tick, bpm)
        return quarters + (seconds - now) * last[1] * self.quarter_bpm / 60


def _quarters(ticks: int) -> str:
    """Ticks as quarter notes."""
    return _number(ticks / PPQ)


def _number(value: float) -> str:
    """A number without an exponent, to a ten-millionth."""
    return f"{value:.7f}".rstrip("0").rstrip(".") or "0"
