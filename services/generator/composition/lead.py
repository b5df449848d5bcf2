"""Who plays the melody and who answers it."""

from dataclasses import dataclass

from contracts.brief import Brief
from services.music.packs.genres import GenrePack, genre
from services.music.packs.instruments import Instrument, instruments
from services.music.packs.melody_table import MelodyTable


@dataclass(frozen=True)
class Register:
    """Where a player's melody lies: MIDI limits and the pitch that verses circle around."""

    low: int
    high: int
    centre: int


def choose_lead(brief: Brief, pack: GenrePack) -> str | None:
    """The instrument of the melody: one that was asked for, else the style's best in the band; None where nothing may sing.

    Instruments stated as unwanted never play. Where only instruments without a melody are wanted (drums alone), nobody leads.
    """
    chords = _accompanists(brief)
    wanted = [i for i in brief.instruments_with.value if _sings(i) and i not in chords]
    unwanted = set(brief.instruments_without.value)
    if "vocals" in unwanted and not (brief.instruments_with.is_stated and "choir" in brief.instruments_with.value):
        unwanted.add("choir")
    preferred = [*pack.melody.leads, *pack.identity.band]
    few = len(brief.instruments_with.value) == 2 and brief.instruments_with.is_stated
    ranked = sorted(
        wanted,
        key=lambda i: (i != "vocals", few and instruments()[i].polyphony > 2, preferred.index(i) if i in preferred else len(preferred)),
    )
    for candidate in [*ranked, *(i for i in preferred if i in pack.identity.band), *preferred]:
        if _sings(candidate) and candidate not in unwanted:
            return candidate
    return None


def _accompanists(brief: Brief) -> frozenset[str]:
    """Who was asked for as a chord player: in "house with salsa piano" the piano comps, and the style's own lead leads."""
    style = brief.lent.value.get("comping") if brief.lent else None
    return frozenset(genre(style).comping.textures) if style else frozenset()


def choose_counter(brief: Brief, pack: GenrePack, lead: str) -> str | None:
    """The instrument that answers the lead: another one that was asked for or that the style has, None where there is none."""
    unwanted = {*brief.instruments_without.value, lead}
    wanted = [i for i in brief.instruments_with.value if "counter" in _roles(i)]
    band = [i for i in pack.melody.counter if i in pack.identity.band or i in wanted]
    return next((i for i in [*wanted, *band, *pack.melody.counter] if i not in unwanted and "counter" in _roles(i)), None)


def register_of(instrument_id: str, table: MelodyTable) -> Register:
    """The style's register moved by octaves into the instrument's comfortable range."""
    instrument: Instrument = instruments()[instrument_id]
    low, high = instrument.comfort
    span = min(table.span[1], high - low)
    below = span * 45 // 100
    options = [table.centre + 12 * octave for octave in range(-3, 4)]
    centre = min(options, key=lambda c: (max(0, low - (c - below)) + max(0, c + span - below - high) + 0.5 * abs(c - table.centre), c))
    bottom = max(low, min(centre - below, high - span))
    return Register(bottom, bottom + span, min(max(centre, bottom + 3), bottom + span - 4))


def _roles(instrument_id: str) -> tuple[str, ...]:
    entry = instruments().get(instrument_id)
    return entry.roles if entry else ()


def _sings(instrument_id: str) -> bool:
    return any(role in ("melody", "vocal") for role in _roles(instrument_id))
