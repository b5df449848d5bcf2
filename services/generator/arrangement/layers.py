"""How many play: the energy of a section, heard against the song's own range, opens chairs one after another."""

from itertools import pairwise

from contracts.music import Role
from services.generator.arrangement.band import Chair
from services.generator.arrangement.frame import Frame, Level, level_of
from services.music.packs.arrangement_table import CROSSINGS
from services.music.packs.rhythm import playing

# Energy -> share of the band: one or two of seven at .2, four or five at .6, all at 1 (notes/craft 4).
_SHARES = ((0.0, 0.22), (0.2, 0.34), (0.6, 0.7), (1.0, 1.0))
_ABOVE = 0.2
_BEYOND = 0.2
_EDGE_SHIFT = 0.12
_SUNG = 0.1
"""Share of a section from which the lead counts as one of its players."""
_BARE = frozenset({"breakdown", "break"})
_BEAT = frozenset({Role.DRUMS, Role.PERCUSSION, Role.BASS})
LINES = frozenset({"answers", "guide", "stabs", "double", "low", "octaves", "hold", "ostinato", "timpani"})
UNCOUNTED = frozenset({"lead", "fx", "impact", "vinyl", "tape", "doubling"}) | CROSSINGS


def relief(frame: Frame) -> dict[str, float]:
    """Energy of each section, half its own and half its place between the song's calmest and fullest section, 0-1.

    A song whose energies differ little still has sections; one that is calm throughout still has a climax.
    """
    energies = {name: section.energy for name, section in frame.score.sections.items()}
    low, high = min(energies.values(), default=0.0), max(energies.values(), default=1.0)
    spread = min((high - low) / 0.3, 1.0) * 0.5 * frame.pack.arrangement.layers
    return {
        name: energy * (1.0 - spread) + spread * (energy - low) / (high - low) if high > low else energy
        for name, energy in energies.items()
    }


def levels_of(frame: Frame) -> dict[str, Level]:
    """How actively each section is played: by energy, opened a little where the song's range is narrow."""
    eased = relief(frame)
    return {name: level_of(0.6 * section.energy + 0.4 * eased[name]) for name, section in frame.score.sections.items()}


def threshold(frame: Frame, chair: Chair) -> float:
    """Energy from which a chair plays."""
    table, shared = frame.pack.arrangement.enter, playing().enter
    for key in (chair.part, chair.instrument, str(chair.role)):
        if key in table:
            return table[key]
    if chair.role is Role.HARMONY:
        return shared[("harmony", "second_harmony", "third_harmony")[min(chair.rank, 2)]]
    if chair.manner == "sub":
        return 0.6
    if chair.manner in LINES:
        return shared["line"] + 0.1 * chair.rank
    return shared.get(str(chair.role), 0.3)


def may_play(frame: Frame, chair: Chair, name: str) -> bool:
    """Whether the style lets a chair play in a section at all."""
    function, energy = frame.function(name), frame.section(name).energy
    resting = frame.pack.arrangement.rests.get(function, ())
    if str(chair.role) in resting or chair.part in resting or chair.instrument in resting:
        return False
    return not (function in _BARE and chair.role in _BEAT and energy < 0.6)


def cast(frame: Frame, band: list[Chair]) -> dict[str, dict[str, bool]]:
    """Part -> section -> whether it plays: as many as the section's energy wants, those of the lowest thresholds first."""
    eased = relief(frame)
    active: dict[str, dict[str, bool]] = {chair.part: {} for chair in band}
    for name in frame.score.sections:
        chosen = _chosen(frame, band, name, eased[name])
        for chair in band:
            active[chair.part][name] = chair.manner in UNCOUNTED or chair.part in chosen
    return active


def _chosen(frame: Frame, band: list[Chair], name: str, eased: float) -> set[str]:
    energy, function = frame.section(name).energy, frame.function(name)
    edge = function == "intro" or (function == "outro" and energy < 0.4)
    entries = []
    for place, chair in enumerate(band):
        if chair.manner not in UNCOUNTED and may_play(frame, chair, name):
            shift = _EDGE_SHIFT if edge and chair.role not in (Role.HARMONY, Role.PAD) else 0.0
            entries.append((round(threshold(frame, chair) + shift, 4), place, chair.part))
    size = 1 + sum(chair.manner not in UNCOUNTED for chair in band)
    section = frame.section(name)
    sung = frame.lead_share((section.start_bar - 1) * frame.bar_ticks, (section.end_bar - 1) * frame.bar_ticks) > _SUNG
    wanted = layer_target(eased, size) - sung
    follows = 0.2 if frame.closed else frame.pack.arrangement.layers  # in a trio everybody plays nearly always
    usual = sum(entry[0] <= energy + (_BEYOND if frame.closed else 0.0) + 1e-9 for entry in entries)
    wanted = round(wanted + (usual - wanted) * (1.0 - follows))
    out = set()
    for count, (enters, _, part) in enumerate(sorted(entries)):
        if enters <= energy - _ABOVE + 1e-9 or (count < wanted and enters <= energy + _BEYOND):
            out.add(part)
    return out


def layer_target(energy: float, size: int) -> int:
    """Players of a band of `size`, the lead among them, at an energy of 0-1: at least one beside the lead."""
    for (low, least), (high, most) in pairwise(_SHARES):
        if energy <= high:
            share = least + (most - least) * (energy - low) / (high - low)
            return max(2, round(size * share + 0.2))
    return size
