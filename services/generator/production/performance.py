"""How a player plays the notes on a sampled instrument: events in time, with tone, tuning and breath for every note.

Each pitch has channels of its own, three in turn, so that brightness, tuning, vibrato and breath belong to one note and a
repeated note never sounds like the one before it.
"""

import numpy as np

from contracts.music import Part
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock
from services.generator.production.events import Event, changes, event
from services.generator.production.gestures import CONTROL_STEP_S, Held, grid, passage, slide, swell, vibrato
from services.generator.production.phrasing import Times, arches
from services.generator.production.sounds import Preset, Sampled, measured_keys
from services.generator.production.strokes import Player, Stroke, Voice

BREATH = frozenset({"cc2", "cc11"})
"""Written curves of dynamics: on breath presets they shape each note's own breath."""
VOLUME, MIDDLE_VOLUME = 7, 84.0
"""The control of a channel's volume, 40 dB for a tenth (SoundFont 2.04, section 8.4.5), and where a key stands that needs no levelling."""
STRUCK_AT = 100
"""Velocity of all notes of breath presets: their loudness is the breath's."""
FOLLOWED = 0.6
"""Share of the velocity's way of the low-pass that it goes with the breath within a note."""
DEAF_CENTS = 60.0
DEAF_TUNE = 0.8
"""Changes of tone and pitch smaller than this are not sent, cents."""
PEDAL_DOWN = 64.0
BLOCK = 64
HELD_ON_S = 0.05
"""Notes that last longer than this beyond the last bar line are the song's last."""
LAST_RELEASE = 2.5
"""How much more slowly they are let go than the preset does."""

Articulated = dict[int, tuple[float, float, float]]
"""What was last said to a channel: skip, attack, release."""


def perform(part_id: str, part: Part, sound: Sampled, preset: Preset, clock: Clock, *, drums: bool) -> tuple[list[Event], dict[Voice, int]]:
    """All events in time order, and the channel of each voice."""
    player = Player(sound, preset, drums=drums)
    strokes = player.strokes(part_id, part, clock)
    channels = {voice: index for index, voice in enumerate(sorted({stroke.voice for stroke in strokes}))}
    events = _settings(player, strokes, channels, drums=drums)
    articulated: Articulated = {}
    written = part.controls.get("cc2") or part.controls.get("cc11")
    force = Held(written, clock) if written else None
    arch = arches(Times.of(part.notes, clock))
    still, scooped = "cc1" in part.controls, "pitch_bend" in part.controls
    close_s = clock.close_s + HELD_ON_S
    for stroke, rise in zip(strokes, arch.tolist(), strict=True):
        channel = channels[stroke.voice]
        last = stroke.end_s > close_s and not drums
        events += _note_events(stroke, sound, preset, channel, articulated, last=last)
        tremor = [] if drums else _pitch(stroke, sound, channel, events, still=still, scooped=scooped)
        if not drums and sound.expression != "struck":
            events += _breathing(stroke, sound, preset, channel, force or rise, tremor)
    if not drums:
        events += _restrikes(part, strokes, channels, clock)
    events += _part_controls(part, channels, clock, skip=BREATH if preset.breath else frozenset())
    return sorted(events), channels


def _settings(player: Player, strokes: list[Stroke], channels: dict[Voice, int], *, drums: bool) -> list[Event]:
    """What holds for a channel throughout: the preset of an articulation, the volume that brings its key level with the others."""
    events = []
    for voice, key in sorted({(stroke.voice, stroke.key) for stroke in strokes}):
        other = player.own_preset(voice[2])
        if other:
            events.append(event(0, "program", channels[voice], other.bank, other.program))
        keys = measured_keys((other or player.preset).label)
        if keys.level_db and not drums:
            volume = round(MIDDLE_VOLUME * 10.0 ** (keys.level(key) / 40.0))
            events.append(event(0, "cc", channels[voice], VOLUME, float(min(volume, 127))))
    return events


def _note_events(stroke: Stroke, sound: Sampled, preset: Preset, channel: int, articulated: Articulated, *, last: bool) -> list[Event]:
    start, end = round(stroke.start_s * SAMPLE_RATE_HZ), round(stroke.end_s * SAMPLE_RATE_HZ)
    skip_ms, attack, release = sound.variation.start_ms * float(min(abs(stroke.draws[3]) / 2, 1.0)), 1.0, sound.release
    if stroke.before and sound.legato:
        skip_ms = sound.legato.skip_ms
    elif stroke.short and sound.staccato:
        attack, release = sound.staccato.attack, sound.staccato.release * sound.release
    if last:
        release *= LAST_RELEASE
    said, articulated[channel] = articulated.get(channel, (0.0, 1.0, 1.0)), (skip_ms, attack, release)
    kinds = zip(("skip", "attack", "release"), articulated[channel], said, strict=True)
    return [
        *(event(start, kind, channel, 0, value) for kind, value, last in kinds if value != last),
        event(start, "filter", channel, 0, stroke.tone),
        event(start, "tune", channel, 0, stroke.tune),
        event(start, "on", channel, stroke.key, STRUCK_AT if preset.breath else stroke.velocity),
        event(max(end, start + BLOCK), "off", channel, stroke.key, 0),
    ]


def _pitch(
    stroke: Stroke, sound: Sampled, channel: int, events: list[Event], *, still: bool, scooped: bool
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Slide into a slurred note, then a late vibrato, added to `events`. Returns the swing of level that goes with it: times, dB."""
    if sound.legato and stroke.before and not (scooped and abs(stroke.before.pitch - stroke.note.pitch) > 2):
        times, cents = slide(sound.legato, stroke.before, stroke.note, stroke.length_s, float(stroke.draws[4]))
        events += changes("tune", stroke.start_s + times, channel, 0, stroke.tune + cents, least=DEAF_TUNE)
    if not sound.vibrato or still:
        return []
    times, cents, tremor_db = vibrato(sound.vibrato, stroke.length_s, stroke.draws[3:])
    events += changes("tune", stroke.start_s + times, channel, 0, stroke.tune + cents, least=DEAF_TUNE)
    return [(times, tremor_db)] if sound.vibrato.tremor_db and times.size else []


def _breathing(
    stroke: Stroke, sound: Sampled, preset: Preset, channel: int, force: Held | float, tremor: list[tuple[np.ndarray, np.ndarray]]
) -> list[Event]:
    """Breath (CC2) or expression (CC11) of a bowed or blown note and the tone that goes with it."""
    length, into = max(stroke.length_s, 0.02), stroke.before is not None
    fade_s = min(sound.legato.fade_ms / 1000, 0.7 * length) if sound.legato else 0.01
    times = grid(length, begin_s=fade_s * into, close_s=fade_s * stroke.out)
    shape = swell(times, length, bowed=sound.expression == "bowed", firm=stroke.short, into=into, out=stroke.out)
    shape = shape * (force.at(stroke.start_s + times) / 127.0 if isinstance(force, Held) else force)
    for at, swing_db in tremor:
        shape = shape * 10.0 ** (-np.interp(times, at, swing_db, left=0.0) / 40.0)
    control, level = (2, 30.0 + 82.0 * (stroke.velocity / 127.0)) if preset.breath else (11, 120.0)
    gain = np.sqrt(passage(times, length, fade_s, into=into, out=stroke.out))  # of amplitude: 40 dB for a tenth of the control
    events = changes("cc", stroke.start_s + times, channel, control, np.clip(np.rint(level * shape * gain), 1, 127))
    tone = np.minimum(stroke.tone - FOLLOWED * sound.tone_cents * (1.0 - shape), 0.0)
    return events + changes("filter", stroke.start_s + times, channel, 0, tone, least=DEAF_CENTS)


def _restrikes(part: Part, strokes: list[Stroke], channels: dict[Voice, int], clock: Clock) -> list[Event]:
    """A pitch struck again while the pedal holds it: the hammer stops the string's old tone, which another channel still sounds."""
    pedal = part.controls.get("cc64")
    if not pedal:
        return []
    at, value = np.array([clock.seconds(t) for t, _ in pedal]), [v for _, v in pedal]
    events, last = [], dict[int, int]()
    for stroke in strokes:
        place = int(np.searchsorted(at, stroke.start_s, side="right")) - 1
        channel, before = channels[stroke.voice], last.get(stroke.note.pitch)
        if before is not None and before != channel and place >= 0 and value[place] >= PEDAL_DOWN:
            start = round(stroke.start_s * SAMPLE_RATE_HZ)
            events += [event(start, "cc", before, 64, 0.0), event(start + 2 * BLOCK, "cc", before, 64, value[place])]
        last[stroke.note.pitch] = channel
    return events


def _part_controls(part: Part, channels: dict[Voice, int], clock: Clock, *, skip: frozenset[str]) -> list[Event]:
    """The written controls, to every channel: pedal as steps, cc1 and cc11 slewed, bends linear."""
    events: list[Event] = []
    used = sorted(set(channels.values()))
    for name, number in (("cc64", 64), ("cc1", 1), ("cc11", 11), ("cc2", 2)):
        points = part.controls.get(name)
        if not points or name in skip:
            continue
        if number == 64:
            events += [event(clock.sample(t), "cc", c, 64, float(round(v))) for t, v in points for c in used]
        else:
            times = _dense([clock.seconds(t) for t, _ in points])
            values = np.clip(np.rint(Held(points, clock).at(times)), 0, 127)
            events += [one for c in used for one in changes("cc", times, c, number, values)]
    if bends := part.controls.get("pitch_bend"):
        times = _dense([clock.seconds(t) for t, _ in bends])
        values = np.interp(times, [clock.seconds(t) for t, _ in bends], [v for _, v in bends])
        events += [one for c in used for one in changes("bend", times, c, 0, values, least=1e-4)]
    return events


def _dense(marks: list[float]) -> np.ndarray:
    """Times every 10 ms near the breakpoints."""
    times: set[float] = set()
    for index, mark in enumerate(marks):
        until = marks[index + 1] if index + 1 < len(marks) else mark + 0.05
        times.update(np.round(np.arange(mark, min(until, mark + 20.0), CONTROL_STEP_S), 6).tolist())
    return np.array(sorted(times))
