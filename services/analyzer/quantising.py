"""From seconds to bars: the tempo of what was sung, each onset on its sixteenth, the bar line where the weight is."""

from collections.abc import Sequence

import numpy as np

from contracts.music import PPQ, Meter, Note
from services.analyzer.melody_line import Sung
from services.analyzer.tapping import Pulse, find_pulse, line_through

_STEP = PPQ // 4
_FIRST = 1.12
_HELD = 0.75
"""Share of the time to the next onset from which a note is taken to be held until there."""


def pulse_of(sung: Sequence[Sung], bpm: float | None) -> Pulse:
    """The grid under sung onsets: that of a stated tempo, followed where the singer drifts, else what the onsets have."""
    onsets = [note.start_s for note in sung]
    if bpm:
        return line_through(onsets, 60.0 / bpm, 15.0 / bpm)
    if len(onsets) < 3:
        return line_through(onsets, 0.6, 0.15) if len(onsets) > 1 else Pulse(0.6, onsets[0], (0,), (0.0,))
    return find_pulse(onsets)


def downbeat(steps: Sequence[int], lengths: Sequence[int], meter: Meter) -> int:
    """Steps before the first onset in its bar: where long notes fall on strong beats; the first note's own downbeat when in doubt."""
    per_bar = meter.ticks_per_bar // _STEP
    beat = meter.ticks_per_beat // _STEP

    def weight(step: int) -> float:
        place = step % per_bar
        return 1.0 if place == 0 else 0.55 if place * 2 == per_bar else 0.4 if place % beat == 0 else 0.1 if place % 2 == 0 else 0.0

    def score(shift: int) -> float:
        total = sum(min(n, per_bar) * weight(s + shift) for s, n in zip(steps, lengths, strict=True))
        return total * (_FIRST if shift == 0 else 1.0)

    return max(range(0, per_bar, 2), key=lambda shift: (score(shift), shift == 0))


def quantised(sung: Sequence[Sung], pulse: Pulse, meter: Meter) -> list[Note]:
    """Notes at 960 ticks per quarter from the first bar line, each on a sixteenth of its own, held or detached as it was sung."""
    step_s = pulse.beat_s / 4
    steps = list(pulse.steps)
    for i in range(1, len(steps)):
        steps[i] = max(steps[i], steps[i - 1] + 1)
    lengths = []
    for i, note in enumerate(sung):
        room = steps[i + 1] - steps[i] if i + 1 < len(steps) else 16
        own = (note.end_s - note.start_s) / step_s
        held = own >= _HELD * room and i + 1 < len(steps)
        lengths.append(room if held else max(1, min(room, round(own))))
    shift = downbeat(steps, lengths, meter)
    level = [70 + 35 * float(np.sqrt(note.level)) for note in sung]
    return [Note((s + shift) * _STEP, n * _STEP, note.pitch, round(v)) for s, n, note, v in zip(steps, lengths, sung, level, strict=True)]
