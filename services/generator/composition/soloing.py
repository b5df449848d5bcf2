"""Solos: new each time, denser and higher, with quotes of the tune and breaths."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.generator.composition.grid import Grid
from services.generator.composition.phrase import Ground, PhraseWriter, Tone

_QUOTES, _BREATHES = 0.3, 0.85
_RAISED = 2


def solo_phrase(writer: PhraseWriter, ground: Ground, theme: Sequence[Tone], draw: np.random.Generator) -> list[Tone]:
    """A phrase of a solo over the changes; `theme` is the tune in this key, which it may begin with."""
    model = "through" if draw.random() < 0.4 else "srdc"
    played = decorated(writer.write(replace(ground, centre=ground.centre + _RAISED), model), writer, draw)
    if theme and draw.random() < _QUOTES:
        length = 2 * writer.grid.steps
        head = [replace(t, length=min(t.length, length - t.step)) for t in theme if 0 <= t.step < length]
        played = writer.fitted(head, ground) + [t for t in played if t.step >= length] if head else played
    return _breathing(played, ground.bars, writer.grid, draw)


def _breathing(tones: list[Tone], bars: int, grid: Grid, draw: np.random.Generator) -> list[Tone]:
    """Breaths: the last beat or two of most four bars are silent, as a player of a wind instrument needs them."""
    kept = tones
    for bar in range(2, bars + 1, 2):
        if draw.random() < (_BREATHES if bar % 4 == 0 else _BREATHES / 2):
            end = bar * grid.steps
            start = end - int(draw.integers(1, 3)) * grid.beat_steps - (2 if draw.random() < 0.4 else 0)
            kept = [replace(t, length=min(t.length, start - t.step)) if t.step < start else t for t in kept if not start <= t.step < end]
    return kept


def decorated(tones: list[Tone], writer: PhraseWriter, draw: np.random.Generator) -> list[Tone]:
    """Chromatic approaches where the style has them: a weak note becomes the semitone below or above the next one."""
    grid, share = writer.grid, writer.voice.table.chromatic * 2
    result = list(tones)
    for i in range(1, len(result) - 1):
        tone, after = result[i], result[i + 1]
        weak = grid.weight(tone.step) <= 1 and after.step - tone.step <= grid.beat_steps
        if not weak or grid.weight(after.step) < 2 or draw.random() >= share:
            continue
        side = -1 if draw.random() < 0.65 else 1
        if abs(after.pitch + side - result[i - 1].pitch) <= 4 and after.pitch + side != result[i - 1].pitch:
            result[i] = replace(tone, pitch=after.pitch + side)
    return result


def ornamented(tones: list[Tone], writer: PhraseWriter, ground: Ground, draw: np.random.Generator) -> list[Tone]:
    """Returns are adorned: a long note gets a mordent, or a turn around it, in 16ths."""
    result: list[Tone] = []
    for tone in tones:
        if tone.length < max(4, writer.grid.beat_steps) or tone.step < 0 or draw.random() >= writer.voice.table.ornaments:
            result.append(tone)
            continue
        upper, lower = (writer.voice.scale_step(tone.pitch, d, ground.key) for d in (1, -1))
        figure = [tone.pitch, upper] if draw.random() < 0.6 else [upper, tone.pitch, lower]
        result += [Tone(tone.step + i, 1, pitch) for i, pitch in enumerate(figure)]
        result.append(Tone(tone.step + len(figure), tone.length - len(figure), tone.pitch))
    return result
