"""Several takes of a melody, and the one that comes nearest to what this song wants to be."""

from collections.abc import Sequence

from contracts.brief import Brief
from contracts.music import Key, Meter, Note, Score
from services.generator.composition.critic import Critic, Line, WishCritic, dullness
from services.generator.composition.form import Form
from services.generator.composition.grid import STEP, Grid
from services.generator.composition.harmony import SectionHarmony
from services.generator.composition.known import known
from services.generator.composition.lead import Register
from services.generator.composition.melody import Melodist, Melody
from services.generator.composition.wishes import song_wish
from services.music.packs.genres import GenrePack
from services.music.packs.meters import grouped
from services.music.references.figures import Tune, line_written
from services.music.theory.scales import mode_classes

TAKES = 8
_COPIED = 5.0
_NOBODYS = Tune({})

_Changes = list[tuple[int, frozenset[int], frozenset[int]]]


def best_take(
    brief: Brief,
    pack: GenrePack,
    form: Form,
    harmony: dict[str, SectionHarmony],
    register: Register,
    seed: int,
    tune: Tune = _NOBODYS,
) -> tuple[Melody, float]:
    """The melody that the critic likes best of several takes, and its cost.

    `tune` is somebody else's: a take that shares a figure with it loses, and where all of them do, as many more are tried.
    """
    grid = Grid(grouped(Meter.parse(brief.meter.value), brief.genres.value[0]))
    wish = song_wish(brief, pack.melody, register, grid, seed)
    critic: Critic = WishCritic(pack.melody, wish.features)
    takes = [Melodist(brief, pack.melody, form, harmony, register, seed, take, wish).write() for take in range(TAKES)]
    costs = [critic.judge(_heard(take.notes, form, harmony, grid)).cost + dullness([t.pitch for t in take.hook]) for take in takes]
    costs = [cost + _COPIED * known().count(_played(take)) for cost, take in zip(costs, takes, strict=True)]
    best = min(range(TAKES), key=lambda i: (costs[i], i))
    if not tune:
        return takes[best], costs[best]
    order = sorted(range(TAKES), key=lambda i: (costs[i], i))
    own = next((i for i in order if not shared_with(tune, takes[i].notes)), None)
    if own is not None:
        return takes[own], costs[own]
    for take in range(TAKES, 2 * TAKES):
        melody = Melodist(brief, pack.melody, form, harmony, register, seed, take, wish).write()
        if not shared_with(tune, melody.notes):
            return melody, critic.judge(_heard(melody.notes, form, harmony, grid)).cost
    return takes[best], costs[best] + _COPIED


def shared_with(tune: Tune, notes: Sequence[Note]) -> int:
    """How many figures of somebody else's tune are in a line."""
    return len(tune.shared(line_written(notes)))


def _played(melody: Melody) -> list[tuple[int, int]]:
    return [(round(note.start / STEP), note.pitch) for note in melody.notes]


def heard_score(score: Score, part: str = "melody") -> Line:
    """A part of a score as the critic hears it: against its chords and the scale of its sections."""
    changes: _Changes = []
    for section in score.sections.values():
        scale = mode_classes(Key.parse(section.key))
        changes += [(score.bar_tick(e.bar, e.beat), frozenset(e.chord.pitch_classes), scale) for e in section.chords]
    notes = score.parts[part].notes if part in score.parts else ()
    return _line(notes, score.bars, Grid(grouped(score.meter_value, score.genre)), changes)


def _heard(notes: Sequence[Note], form: Form, harmony: dict[str, SectionHarmony], grid: Grid) -> Line:
    changes: _Changes = []
    for slot in form.slots:
        scale = mode_classes(harmony[slot.id].key)
        for event in harmony[slot.id].events:
            tick = (event.bar - 1) * grid.steps * STEP + round((event.beat - 1) * grid.meter.ticks_per_beat)
            changes.append((tick, frozenset(event.chord.pitch_classes), scale))
    return _line(notes, form.bars, grid, changes)


def _line(notes: Sequence[Note], bars: int, grid: Grid, changes: _Changes) -> Line:
    in_chord: list[bool] = []
    in_key: list[bool] = []
    index = 0
    for note in notes:
        while index + 1 < len(changes) and changes[index + 1][0] <= note.start:
            index += 1
        in_chord.append(note.pitch % 12 in changes[index][1])
        in_key.append(note.pitch % 12 in changes[index][2])
    return Line(notes, bars, grid, in_chord, in_key)
