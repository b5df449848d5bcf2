"""Who plays: the stated instruments, else the band of the style, never anyone who was excluded."""

from contracts.brief import Stated
from contracts.errors import BadInput
from services.enhancer.reading.case import Case
from services.enhancer.reading.findings import Finding, inferred
from services.enhancer.reading.heard_sound import heard_band
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments

Names = Stated[tuple[str, ...]]


def band_fields(case: Case, genre_ids: tuple[str, ...]) -> tuple[Names, Names]:
    """instruments_with and instruments_without. Options win over the prompt, exclusion over the band."""
    players = case.words.players
    for note in players.notes:
        case.note(note)
    unwanted = _unwanted(case)
    wanted = _wanted(case, set(unwanted.value))
    if not wanted and not case.artist:
        wanted = heard_band(case, genre_ids, set(unwanted.value))
    if not wanted:
        wanted = _band(case, genre_ids, set(unwanted.value))
    if not any(entry.family != "fx" and name not in unwanted.value for name, entry in instruments().items()):
        words = unwanted.evidence or ", ".join(wanted.value)
        raise BadInput("instruments", words, "at least one instrument that can carry music; effects such as the riser only colour it")
    return wanted, unwanted


def _wanted(case: Case, unwanted: set[str]) -> Names | None:
    if case.given.wanted:
        return case.given.wanted.stated()
    players = case.words.players
    kept = tuple(name for name in players.wanted if name not in unwanted)
    lost = [name for name in players.wanted if name in unwanted]
    if lost and case.given.unwanted:
        case.note(f"{', '.join(lost)}: asked for in the prompt, but an option excludes it.")
    if kept:
        return Finding(kept, players.evidence_wanted, 0.85 if players.misspelt else 1.0).stated()
    return None


def _unwanted(case: Case) -> Names:
    players = case.words.players
    asked = set(case.given.wanted.value) if case.given.wanted else set()
    if case.given.unwanted:
        more = tuple(name for name in players.unwanted if name not in asked and name not in case.given.unwanted.value)
        evidence = "; ".join(filter(None, (case.given.unwanted.evidence, players.evidence_unwanted)))
        return Finding((*case.given.unwanted.value, *more), evidence, 1.0, "stated as an option").stated()
    kept = tuple(name for name in players.unwanted if name not in asked)
    if kept:
        if players.counted and not case.given.unwanted:
            words = players.evidence_unwanted or players.evidence_wanted
            return inferred(kept, "a band of this name has no other players", 0.85, words).stated()
        reason = "only the named instruments play" if players.exclusive else None
        return Finding(kept, players.evidence_unwanted or players.evidence_wanted, 1.0, reason).stated()
    return inferred(tuple[str, ...](), "nothing was excluded", 0.5).stated()


def _to_taste(case: Case, band: tuple[str, ...], unwanted: set[str]) -> tuple[str, ...]:
    """The band with whom the user surely likes and without whom not; drums and bass stay: they carry the style."""
    entries = instruments()
    allowed = tuple(
        name for name, entry in entries.items() if entry.family not in ("fx", "vocal", "drums", "bass") and name not in unwanted
    )
    spared = tuple(name for name, entry in entries.items() if entry.family in ("drums", "bass"))
    return case.taste.players(band, allowed, spared)


def _band(case: Case, genre_ids: tuple[str, ...], unwanted: set[str]) -> Names:
    """The leading style's band, with one colour of each further style. Raises BadInput where nobody is left."""
    near, artist = case.lead_style, case.artist
    band = list(near.band if near and near.band else genres()[genre_ids[0]].identity.band)
    if artist and artist.instruments:
        band = [*artist.instruments, *(name for name in band if name not in artist.instruments)]
    for genre_id in genre_ids[1:]:
        pack = genres()[genre_id]
        known_for = [name for name in pack.melody.leads if name in pack.identity.band and not instruments()[name].electronic]
        colour = next((name for name in (*known_for[:1], *pack.identity.band) if name not in band), None)
        band += [colour] if colour else []
    usual = tuple(name for name in dict.fromkeys(band) if name in instruments() and name not in unwanted)
    left = _to_taste(case, usual, unwanted)
    if left:
        owner = near.name if near else genres()[genre_ids[0]].name
        reason = f"the usual band of {owner.lower()}" + (", without the excluded" if len(usual) < len(band) else "")
        changed = [*(n for n in left if n not in usual), *(n for n in usual if n not in left)]
        reason += "".join(f"; {n} {'in' if n in left else 'out'} by {case.taste.why('instrument', n)}" for n in changed)
        return inferred(left, reason, 0.7).stated()
    spare = next(
        (
            n
            for n in ("acoustic_piano", "synthesizer", "pad_synth", "acoustic_guitar", *instruments())
            if n not in unwanted and n not in ("riser", "vocals") and not (n == "choir" and "vocals" in unwanted)
        ),
        None,
    )
    if spare is None:
        raise BadInput("without", ", ".join(sorted(unwanted)), "at least one instrument that can carry music must be left to play")
    return inferred(tuple[str, ...]((spare,)), "the whole band of the style was excluded; this one is left", 0.4).stated()
