"""project.dawproject says what the score and the stems say, and keeps to the format's rules."""

import io
import os
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from contracts.music.meter import PPQ
from contracts.music.score import Note, Part, Role, Score, Section
from services.mixer.delivery.dawproject import Sound, write_dawproject
from services.mixer.delivery.tagging import Tags

# Children of an element in the order that the format's schema asks for (DAWproject 1.0), as far as we write them.
ORDER = {
    "Project": ("Application", "Transport", "Structure", "Arrangement"),
    "Transport": ("Tempo", "TimeSignature"),
    "Track": ("Channel", "Track"),
    "Channel": ("Devices", "Mute", "Pan", "Sends", "Volume"),
    "Arrangement": ("Lanes", "Markers", "TempoAutomation", "TimeSignatureAutomation"),
}
SOUND = Sound(48_000, 48_000 * 20)
TAGS = Tags(title="Café <&> \x07 «noir»", genre="jazz", comment="made here")


def song() -> Score:
    """Sixteen bars of 6/8 that slow down once; one part plays in the second half only, with a pedal."""
    sections = {
        "verse_1": Section(label="verse", start_bar=1, bars=8, energy=0.4, key="F minor"),
        "chorus_1": Section(label="chorus", start_bar=9, bars=8, energy=0.8, key="F minor"),
    }
    bar = 3 * PPQ
    parts = {
        "drums": Part(role=Role.DRUMS, instrument="drum_kit", notes=tuple(Note(bar * i, 120, 36, 100) for i in range(16))),
        "piano": Part(
            role=Role.HARMONY,
            instrument="acoustic_piano",
            notes=tuple(Note(bar * i + 7, 960, 53 + i, 64) for i in range(8, 16)),
            controls={"cc64": ((bar * 4, 127.0), (bar * 10, 0.0))},
        ),
    }
    tempo_map = ((0, 100.0), (8 * bar, 80.0))
    return Score(title="x", tempo_bpm=100.0, tempo_map=tempo_map, meter="6/8", key="F minor", sections=sections, parts=parts)


@pytest.fixture(scope="module")
def document() -> etree._Element:
    """project.xml of the song, with a return among its stems."""
    return etree.fromstring(read("project.xml"))


def read(name: str) -> bytes:
    """A file of the project."""
    return zipfile.ZipFile(io.BytesIO(write_dawproject(song(), ["drums", "piano", "return_hall"], SOUND, TAGS))).read(name)


def test_it_keeps_to_the_order_and_every_reference_leads_somewhere(document):
    """Children stand in the schema's order, ids are unique, and every IDREF names one of them."""
    for element in document.iter():
        places = [ORDER[element.tag].index(child.tag) for child in element] if element.tag in ORDER else []
        assert places == sorted(places)
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    named = [element.get(name) for element in document.iter() for name in ("track", "destination", "parameter") if element.get(name)]
    assert len(ids) == len(set(ids))
    assert set(named) <= set(ids)


@pytest.mark.skipif("DAWPROJECT_SCHEMAS" not in os.environ, reason="the format's schemas are not part of this project")
@pytest.mark.parametrize(("name", "schema"), [("project.xml", "Project.xsd"), ("metadata.xml", "MetaData.xsd")])
def test_it_validates_against_the_format_s_own_schemas(name, schema):
    """Where DAWPROJECT_SCHEMAS names the folder of the XSD files, both documents are valid by them."""
    rules = etree.XMLSchema(etree.parse(Path(os.environ["DAWPROJECT_SCHEMAS"]) / schema))
    rules.assertValid(etree.fromstring(read(name)))


def test_every_note_comes_back(document):
    """Clip time plus note time is the score's tick, for every note with its length, pitch and velocity."""
    found = []
    for lanes in document.iterfind("Arrangement/Lanes/Lanes"):
        for clip in lanes.iterfind("Clips/Clip"):
            for note in clip.iterfind("Lanes/Notes/Note"):
                tick = round((float(clip.get("time")) + float(note.get("time"))) * PPQ)
                length = round(float(note.get("duration")) * PPQ)
                found.append(Note(tick, length, int(note.get("key")), round(float(note.get("vel")) * 127)))
    assert sorted(found) == sorted(note for part in song().parts.values() for note in part.notes)


def test_stems_play_whole_at_unity_and_notes_are_muted(document):
    """Each stem is one clip as long as the file under the tempo map, at volume 1; tracks of notes are muted, so that nothing is added."""
    clips = {file.get("path"): clip for clip in document.iter("Clip") for file in clip.iterfind("Audio/File")}
    assert list(clips) == ["stems/drums.wav", "stems/piano.wav", "stems/return_hall.wav"]
    slow_from_s = 16 * 60 / 100
    quarters = 24 + (20 - slow_from_s) * 80 * 1.5 / 60
    assert {round(float(clip.get("duration")), 5) for clip in clips.values()} == {round(quarters, 5)}
    muted = {track.get("contentType"): track.find("Channel/Mute").get("value") for track in document.iter("Track")}
    assert muted == {"audio": "false", "notes": "true", "audio notes": "false"}
    assert {float(volume.get("value")) for volume in document.iter("Volume")} == {1.0}


def test_tempo_meter_and_sections_stand_where_they_are(document):
    """Tempi count quarters (dotted quarters in 6/8 times 1.5), changes lie on their tick, sections are markers."""
    assert float(document.find("Transport/Tempo").get("value")) == 150.0
    points = [(float(p.get("time")), float(p.get("value"))) for p in document.iterfind("Arrangement/TempoAutomation/RealPoint")]
    assert points == [(0.0, 150.0), (24.0, 120.0)]
    markers = [(m.get("name"), float(m.get("time"))) for m in document.iterfind("Arrangement/Markers/Marker")]
    assert markers == [("verse 1", 0.0), ("chorus 1", 24.0), ("end", 48.0)]


def test_a_pedal_that_was_down_is_down_in_the_clip(document):
    """A controller set before a clip begins is set at its beginning; later changes come where they are."""
    points = [(float(p.get("time")), float(p.get("value"))) for p in document.iterfind(".//Points/RealPoint")]
    assert points == [(0.0, 1.0), (6.0, 0.0)]
    assert all(a[0] < b[0] for a, b in pairwise(points))


def test_words_are_kept_and_bytes_repeat():
    """Any title is well-formed XML; the same song makes the same bytes."""
    assert etree.fromstring(read("metadata.xml")).findtext("Title") == "Café <&>  «noir»"
    assert read("project.xml") == read("project.xml")
