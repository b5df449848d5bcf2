"""The band: which instruments sit in which chairs, from the brief, the genre's band and the lead that the composer chose."""

from dataclasses import dataclass

from contracts.music import Role
from services.generator.arrangement.frame import Frame
from services.music.packs.instruments import Instrument, instrument, instruments
from services.music.packs.rhythm import playing

FEWEST_PARTS = 6
FEWEST_COLOURS = 5
_SIZES = {"duo": 2, "duet": 2, "trio": 3, "quartet": 4, "quintet": 5, "sextet": 6}
_SPARE = ("pad_synth", "percussion", "acoustic_guitar", "acoustic_piano", "cello")


@dataclass(frozen=True)
class Chair:
    """One part of the band and what its player does: `manner` is drums, percussion, bass, sub, chords, a line manner, lead or fx."""

    part: str
    instrument: str
    role: Role
    manner: str
    wanted: bool = False
    rank: int = 0


def base_instrument(name: str) -> str:
    """Catalogue id of a band member: "electric_guitar_2" is an electric guitar."""
    return name.rsplit("_", 1)[0] if name.rsplit("_", 1)[-1].isdigit() else name


def _allowed(frame: Frame, name: str) -> bool:
    """Whether somebody may play: known, and not excluded; a choir sings, so it goes with the vocals unless it was asked for."""
    base, excluded = base_instrument(name), frame.brief.instruments_without.value
    sings = (
        base == "choir"
        and "vocals" in excluded
        and not (frame.brief.instruments_with.is_stated and base in frame.brief.instruments_with.value)
    )
    return base not in excluded and base in instruments() and not sings


def roster(frame: Frame, brought: tuple[str, ...] = ()) -> list[str]:
    """Who is in the band: the wanted and who brought a part, the genre's band, extras until there are six parts in five colours."""
    brought = tuple(i for i in brought if i in instruments() and _allowed(frame, i))
    replaced = "bass" in {instrument(i).family for i in brought}
    wanted = [*(i for i in frame.brief.instruments_with.value if _allowed(frame, i)), *brought]
    named = [i for i in map(base_instrument, wanted) if instrument(i).family == "bass"]
    played = any(not instrument(i).electronic for i in named)
    band = [i for i in frame.pack.identity.band if _allowed(frame, i)]
    # A bass that somebody plays is the bass: a synthesised one below it, in the same octave, would only blur it.
    band = [i for i in band if instrument(base_instrument(i)).family != "bass" or (not replaced and (not played or i in named))]
    members = list(dict.fromkeys([*wanted, *band]))
    if frame.closed:
        return counted(frame, members)
    if frame.pack.arrangement.risers and _allowed(frame, "riser") and "riser" not in members:
        members.append("riser")
    acoustic = not any(instrument(base_instrument(m)).electronic for m in frame.pack.identity.band)
    own = frame.pack.arrangement.extras
    spare = [i for i in _SPARE if i not in own and not (acoustic and instrument(i).electronic)]
    for extra in (*own, *spare):
        sounding = [c for c in seated(frame, members) if c.role is not Role.FX]
        colourful = len({c.instrument for c in sounding}) >= FEWEST_COLOURS or extra in spare
        if len(sounding) >= FEWEST_PARTS and colourful:
            continue
        if _allowed(frame, extra) and extra not in members:
            members.append(extra)
    return members


def lead_instrument(frame: Frame, members: list[str]) -> str | None:
    """Who plays the melody: the composer's choice unless unwanted, else the best of the band."""
    part = frame.score.parts.get("melody")
    if part is None or not part.notes:
        return None
    if _allowed(frame, part.instrument):
        return part.instrument
    able = [m for m in members if {"melody", "vocal", "counter"} & set(instrument(base_instrument(m)).roles)]
    able += [m for m in members if "harmony" in instrument(base_instrument(m)).roles or "pad" in instrument(base_instrument(m)).roles]
    return able[0] if able else None


def chairs(frame: Frame, brought: tuple[str, ...] = ()) -> list[Chair]:
    """All chairs in order: lead, counter, drums, percussion, bass, chords, lines, effects. `brought`: who plays what was brought."""
    out = seated(frame, roster(frame, brought))
    out = _one_each(out) if frame.closed else [*out, *_doubling(frame, out)]
    if any(c.part == "riser" for c in out):
        out.append(Chair("impact", "riser", Role.FX, "impact"))
    return [*out, *_textures(frame)]


def _textures(frame: Frame) -> list[Chair]:
    """What belongs to the production more than to a player: beds of noise, and what sounds where sections meet."""
    if not _allowed(frame, "riser"):
        return []
    table, asked = frame.pack.arrangement, frame.brief.production
    words = asked.value if asked.is_stated else ()
    out = [Chair(name, "riser", Role.FX, name) for name in table.crossings if not frame.closed]
    if table.vinyl or "vinyl" in words:
        out.append(Chair("vinyl", "riser", Role.FX, "vinyl"))
    if table.tape or "tape" in words:
        out.append(Chair("tape", "riser", Role.FX, "tape"))
    return out


def counted(frame: Frame, members: list[str]) -> list[str]:
    """The members of a closed band, with second chairs where the words count more players than they name.

    A string quartet has two violins, a sax quartet four saxophones.
    """
    words = (frame.brief.instruments_with.evidence or "").lower()
    size = next((count for word, count in _SIZES.items() if word in words), 0)
    asked = frame.brief.instruments_with.value
    out = [m for m in members if m in asked or instrument(base_instrument(m)).family != "fx"]
    alike = [m for m in out if m == base_instrument(m) and _one_voice(instrument(m))]
    alike.sort(key=lambda m: instrument(m).family != "strings")
    number = 2
    while alike and len(out) < size:
        for name in alike[: size - len(out)]:
            last = name if number == 2 else f"{name}_{number - 1}"
            out.insert(out.index(last) + 1, f"{name}_{number}")
        number += 1
    return out


def _one_voice(entry: Instrument) -> bool:
    """Whether one player plays one line, so that more of them make more music; a band has one bass."""
    return entry.polyphony <= 2 and entry.family not in ("bass", "drums", "fx")


def _one_each(band: list[Chair]) -> list[Chair]:
    """In a closed band each player has one chair: a soloist leads, accompanists also answer; chords and tune fit two hands."""
    rest = [c for c in band if c.manner not in ("lead", "counter")]
    accompanying = {c.instrument for c in rest if not c.part.startswith(f"{c.instrument}_")}  # a second viola is somebody else
    seen: set[str] = set()
    out = []
    for chair in band:
        single = instrument(chair.instrument).polyphony <= 2 and not instrument(chair.instrument).is_drums
        player = chair.part if chair.part.startswith(chair.instrument) and chair.part != chair.instrument else chair.instrument
        answers = chair.manner == "counter" and chair.instrument in accompanying
        if not answers and not (single and player in seen):
            out.append(chair)
            seen.add(player)
    return out


def _doubling(frame: Frame, band: list[Chair]) -> list[Chair]:
    """Who doubles the hook in later choruses: a line player, a synthesizer or a keyboard of the band that is not the lead."""
    table = frame.pack.arrangement
    lead = next((c for c in band if c.manner == "lead"), None)
    if lead is None or table.doubles == "none":
        return []
    named = [i for i in table.doubled_by if _allowed(frame, i)]
    lines = [c.instrument for c in band if c.manner in ("answers", "guide", "stabs", "double")]
    keys = [c.instrument for c in band if c.manner == "chords" and instrument(c.instrument).family in ("synth", "keys")]
    layered = [lead.instrument] if instrument(lead.instrument).electronic else []
    taken = {c.instrument for c in band if c.manner == "counter"} | {lead.instrument}
    free = [i for i in (*lines, *keys) if i not in taken and {"melody", "counter"} & set(instrument(i).roles)]
    chosen = next((i for i in (*named, *free, *layered)), None)
    return [Chair("double", chosen, Role.COUNTER, "doubling")] if chosen else []


def seated(frame: Frame, members: list[str]) -> list[Chair]:
    """Chairs of these members."""
    wanted = set(frame.brief.instruments_with.value)
    lead = lead_instrument(frame, members)
    out: list[Chair] = []
    if lead:
        part = frame.score.parts["melody"]
        role = Role.VOCAL if instrument(base_instrument(lead)).family == "vocal" else part.role
        out.append(Chair("melody", base_instrument(lead), role, "lead", lead in wanted))
    counter = frame.score.parts.get("counter")
    if counter and counter.notes and _allowed(frame, counter.instrument):
        out.append(Chair("counter", counter.instrument, Role.COUNTER, "counter", counter.instrument in wanted))
    taken = {c.instrument for c in out[:1] if lead}
    answering = {c.instrument for c in out if c.part == "counter"}
    out += _rhythm_section(frame, members, wanted, taken)
    out += _chord_chairs(frame, members, wanted, lead, taken)
    out += _line_chairs(frame, members, wanted, out, taken | answering)
    for name in members:
        if instrument(base_instrument(name)).family == "fx":
            out.append(Chair("riser", "riser", Role.FX, "fx", name in wanted))
    return out


def _rhythm_section(frame: Frame, members: list[str], wanted: set[str], taken: set[str]) -> list[Chair]:
    out = []
    if "drum_kit" in members:
        out.append(Chair("drums", "drum_kit", Role.DRUMS, "drums", "drum_kit" in wanted))
    if "percussion" in members:
        out.append(Chair("percussion", "percussion", Role.PERCUSSION, "percussion", "percussion" in wanted))
    basses = [m for m in members if instrument(base_instrument(m)).family == "bass"]
    basses.sort(key=lambda m: (m not in frame.pack.identity.band, m not in wanted))
    if not basses:
        basses = [m for m in members if m == "cello" and "cello" not in taken][:1]
    for index, name in enumerate(basses):
        taken.add(name)
        part = "bass" if index == 0 and name != "cello" else name
        out.append(Chair(part, name, Role.BASS, "bass" if index == 0 else "sub", name in wanted, index))
    return out


def _chord_chairs(frame: Frame, members: list[str], wanted: set[str], lead: str | None, taken: set[str]) -> list[Chair]:
    """Everybody who can play chords; the lead's instrument plays them too where nobody else would."""
    able = [m for m in members if _plays_chords(instrument(base_instrument(m)))]
    others = [m for m in able if m not in taken]
    if lead and lead in able and (_comps_here(frame, lead) or not any("harmony" in _roles(m) for m in others)):
        others.insert(0, lead)
    order = {name: index for index, name in enumerate(frame.pack.identity.band)}
    others.sort(key=lambda m: ("pad" in _roles(m) and "harmony" not in _roles(m), order.get(m, 50)))
    out = []
    for rank, name in enumerate(others):
        pad = "harmony" not in _roles(name)
        out.append(Chair(name, base_instrument(name), Role.PAD if pad else Role.HARMONY, "chords", name in wanted, rank))
    return out


def _comps_here(frame: Frame, name: str) -> bool:
    """Whether the style's own band has this instrument as a chord player, so that a second one sits beside the soloist."""
    return name in frame.pack.identity.band and name in frame.pack.comping.textures


def _roles(name: str) -> tuple[str, ...]:
    return instrument(base_instrument(name)).roles


def _plays_chords(entry: Instrument) -> bool:
    return entry.polyphony > 2 and bool({"harmony", "pad"} & set(entry.roles)) and entry.family not in ("drums", "fx", "bass")


def _line_chairs(frame: Frame, members: list[str], wanted: set[str], seated: list[Chair], taken: set[str]) -> list[Chair]:
    """Single-line players that lead nothing: each in the genre's manner, seats told apart within a manner."""
    out: list[Chair] = []
    seats: dict[str, int] = {}
    have = {c.part for c in seated}
    for name in members:
        entry = instrument(base_instrument(name))
        if entry.family in ("drums", "fx", "bass") or _plays_chords(entry) or name in have or name in taken:
            continue
        manner = frame.pack.arrangement.lines.get(name) or playing().line.get(entry.id, "guide")
        seat = seats.get(manner, 0)
        seats[manner] = seat + 1
        role = Role.VOCAL if entry.family == "vocal" else Role.PAD if manner in ("guide", "low", "hold") else Role.COUNTER
        out.append(Chair(name, entry.id, role, manner, name in wanted, seat))
    return out
