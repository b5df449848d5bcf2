"""A part for an instrument of the user's own that listens to one MIDI channel, and the phrase that its level is measured by."""

from collections import Counter

import numpy as np

from contracts.music import PPQ, Note, Part, Score, Section
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock
from services.generator.production.events import Event, changes, event
from services.generator.production.gestures import CONTROL_STEP_S, Held
from services.generator.production.sounds import is_drum_part

CURVES = (("cc1", 1), ("cc2", 2), ("cc11", 11))
SHORTEST_FRAMES = 64
PHRASE_VELOCITY = 100
PHRASE_NOTES = 8


def one_channel(part: Part, clock: Clock) -> list[Event]:
    """Notes as written, each on its sample, with the written controls: pedal as steps, curves slewed, bends in semitones."""
    events = []
    for note in part.notes:
        start = clock.sample(note.start)
        events += [
            event(start, "on", 0, note.pitch, note.velocity),
            event(max(clock.sample(note.end), start + SHORTEST_FRAMES), "off", 0, note.pitch, 0),
        ]
    events += [event(clock.sample(tick), "cc", 0, 64, float(round(value))) for tick, value in part.controls.get("cc64", ())]
    times = np.arange(0.0, clock.frames / SAMPLE_RATE_HZ, CONTROL_STEP_S)
    for name, number in CURVES:
        if points := part.controls.get(name):
            events += changes("cc", times, 0, number, np.clip(np.rint(Held(points, clock).at(times)), 0, 127))
    if bends := part.controls.get("pitch_bend"):
        values = np.interp(times, [clock.seconds(tick) for tick, _ in bends], [value for _, value in bends])
        events += changes("bend", times, 0, 0, values, least=1e-3)
    return sorted(events)


def phrase(part: Part) -> Score:
    """What the level of an instrument is measured by: eight pitches that the part plays, half a second each at velocity 100.

    Drums: two bars of kick, snare and hat where the part plays them, else of what it plays most.
    """
    if is_drum_part(part):
        often = [pitch for pitch, _ in Counter(note.pitch for note in part.notes).most_common()]
        kick, snare, hat = (wanted if wanted in often else often[place % len(often)] for place, wanted in enumerate((36, 38, 42)))
        notes = [Note(beat * PPQ, PPQ // 4, (kick, snare)[beat % 2], PHRASE_VELOCITY) for beat in range(8)]
        notes += [Note(eighth * PPQ // 2, PPQ // 4, hat, PHRASE_VELOCITY) for eighth in range(16)]
    else:
        pitches = sorted({note.pitch for note in part.notes})
        places = np.linspace(0, len(pitches) - 1, PHRASE_NOTES).round().astype(int)
        notes = [Note(index * PPQ, PPQ - 120, pitches[place], PHRASE_VELOCITY) for index, place in enumerate(places.tolist())]
    bars = max(note.end for note in notes) // (4 * PPQ) + 1
    section = Section(label="phrase", start_bar=1, bars=bars, energy=0.5, key="C major")
    played = part.model_copy(update={"notes": tuple(sorted(notes)), "controls": {}})
    return Score(tempo_bpm=120.0, sections={"phrase_1": section}, parts={"phrase": played}, tail_s=1.0)
