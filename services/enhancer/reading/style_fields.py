"""The fields of style and feeling: genres, moods, energy, valence, production, use, the artist."""

from collections.abc import Sequence

from contracts.brief import Source, Stated
from services.enhancer.reading.case import Case
from services.enhancer.reading.findings import Finding, inferred
from services.enhancer.reading.heard_fields import HEARD, heard_genre, heard_moods, heard_valence
from services.enhancer.reading.heard_sound import heard_production, production_reason
from services.enhancer.reading.inference import DEFAULT_GENRE, blend, lean
from services.enhancer.reading.seen_fields import seen_energy, seen_genre, seen_moods, seen_production, seen_valence
from services.enhancer.reading.tables import table
from services.enhancer.reading.vocabulary import packs_of
from services.music.packs.genres import genres
from services.music.packs.moods import moods


def genres_field(case: Case) -> Stated[tuple[str, ...]]:
    """Option, then prompt, then the artist's style, then what use, mood and instruments lean to."""
    words, styles = case.words, case.words.styles
    if case.given.genres:
        return case.given.genres.stated()
    if styles.genres:
        for near in styles.near:
            played = " and ".join(genres()[name].name.lower() for name in near.plays)
            verb = "plays" if len(near.plays) == 1 else "play"
            case.note(f"{near.name} has no pack of its own yet: {played} {verb} it, at its own tempo and in its own colours.")
        sure = 0.8 if styles.misspelt or styles.near_leads else 0.9 if styles.plays else 1.0
        return Finding(styles.genres, styles.evidence, sure, _styles_reason(case)).stated()
    if case.artist:
        found = tuple(dict.fromkeys(pack for style in case.artist.genres for pack in packs_of(style)))
        return inferred(found or (DEFAULT_GENRE,), f"{case.artist.name} plays in this style", 0.8, words.models.evidence).stated()
    if styles.hinted and styles.hinted[0][0] not in styles.refused:
        name, said = styles.hinted[0]
        return inferred(tuple[str, ...]((name,)), f"'{said}' is at home in {genres()[name].name.lower()}", 0.7, said).stated()
    band = words.players.style
    if band and band in genres() and band not in styles.refused and not case.given.wanted:
        return inferred(
            tuple[str, ...]((band,)), f"such a band is at home in {genres()[band].name.lower()}", 0.7, words.players.evidence_wanted
        ).stated()
    heard = heard_genre(case)
    if heard:
        return heard.stated()
    leaning = _said(case)
    seen = seen_genre(case) if not lean(leaning, {})[1] else None
    if seen:
        return seen.stated()
    name, why = lean(leaning, case.taste.genre_points())
    if name in styles.refused:
        name, why = next((n for n in (DEFAULT_GENRE, *genres()) if n not in styles.refused), DEFAULT_GENRE), None
    lead: tuple[str, ...] = (name,)
    if why:
        return inferred(lead, f"'{why}' leans to {genres()[name].name.lower()}", 0.55).stated()
    return inferred(lead, f"no style was named; {genres()[name].name.lower()} leaves the most open", 0.3).stated()


def _said(case: Case) -> dict[str, Sequence[str]]:
    """What leans to a style, by kind."""
    words, given = case.words, case.given
    meter = given.meter.value if given.meter else words.meter.value if words.meter else None
    return {
        "use": words.sound.uses,
        "mood": given.moods.value if given.moods else words.feelings.moods,
        "instrument": given.wanted.value if given.wanted else words.players.wanted,
        "meter": (meter,) if meter else (),
        "tempo": (words.tempo_word.name,) if words.tempo_word else (),
    }


def _styles_reason(case: Case) -> str | None:
    styles = case.words.styles
    if styles.near_leads:
        return f"{styles.near[0].name} is played by {' and '.join(styles.near[0].plays)}"
    if styles.plays:
        return f"'{styles.plays}' is a kind of {genres()[styles.genres[0]].name.lower()}, whose pack plays it"
    if len(styles.genres) > 1:
        return f"a mixture: {genres()[styles.genres[0]].name.lower()} leads, {', '.join(genres()[g].name.lower() for g in styles.genres[1:])} colours it"  # noqa: E501  a table of words or one pattern
    return None


def lent_field(case: Case, genre_ids: tuple[str, ...]) -> Stated[dict[str, str]] | None:
    """Which of several genres plays what, where the words say so ("house with a dubstep bass"). None where they do not."""
    if case.given.genres:
        return None
    said = [one for one in case.words.styles.roles if one[1] in genre_ids[1:]]
    if not said:
        return None
    evidence = ", ".join(dict.fromkeys(words for _, _, words in said))
    return Stated(value={role: name for role, name, _ in said}, source=Source.STATED, evidence=evidence, confidence=1.0)


def moods_field(case: Case) -> Stated[tuple[str, ...]]:
    """Option, then prompt, then the style's or the artist's own moods."""
    if case.given.moods:
        return case.given.moods.stated()
    feelings = case.words.feelings
    if feelings.moods:
        return Finding(feelings.moods, feelings.evidence, 0.85 if feelings.misspelt else 1.0).stated()
    own = case.artist.moods if case.artist else case.lead_style.moods if case.lead_style else ()
    found = tuple(name for name in own if name in moods() and name not in feelings.refused)
    if found:
        owner = case.artist.name if case.artist else case.lead_style.name if case.lead_style else ""
        return inferred(found, f"the usual feeling of {owner}", 0.5).stated()
    heard = heard_moods(case)
    if heard:
        return heard.stated()
    seen = seen_moods(case)
    if seen:
        return seen.stated()
    liked = case.taste.moods(tuple(name for name in moods() if name not in feelings.refused)) if case.features is None else ()
    if liked:
        return inferred(liked, f"no mood was named; {case.taste.why('mood', liked[0])}", 0.4).stated()
    return inferred(tuple[str, ...](), "no mood was named; the style sets the feeling", 0.4).stated()


def energy_field(case: Case, genre_id: str, mood_ids: tuple[str, ...]) -> Stated[float]:
    """0–1 from the style, the moods, words such as high-energy, and the loudness of a reference."""
    if case.given.energy:
        return case.given.energy.stated()
    base = genres()[genre_id].identity.energy
    sound = case.words.sound
    heard = case.features.energy.value if case.features and case.features.energy else None
    reason = "from the style" + (" and the mood" if mood_ids else "")
    if heard is not None and not _felt(case) and sound.energy is None:
        return inferred(round(min(max(0.3 * base + 0.7 * heard, 0), 1), 2), f"mostly that {HEARD}", 0.6).stated()
    seen = seen_energy(case, base)
    if seen:
        return seen.stated()
    word = case.words.tempo_word
    nudge = 0.2 * (sound.energy or 0.0) + (0.2 * (word.share - 0.5) if word and word.share is not None else 0.0)
    liked = _liked(case, "energy")
    value = blend(base, [moods()[name].energy for name in mood_ids], case.words.feelings.intensity, nudge + liked)
    reason += f" and {case.taste.why('energy', 'energy')}" if liked else ""
    if sound.energy is not None and sound.energy_evidence:
        stated = "energy" in sound.energy_evidence.lower()
        return Finding(value, sound.energy_evidence, 0.8, reason, Source.STATED if stated else Source.INFERRED).stated()
    return inferred(value, reason, 0.6).stated()


def valence_field(case: Case, genre_id: str, mood_ids: tuple[str, ...]) -> Stated[float]:
    """0–1, gloomy to glad, from the style and the moods; refused moods push away from themselves."""
    if case.given.valence:
        return case.given.valence.stated()
    base = genres()[genre_id].identity.valence
    heard = heard_valence(case, base) if not _felt(case) and not case.words.feelings.refused else None
    found = heard or seen_valence(case, base)
    if found:
        return found.stated()
    refused = [moods()[name].valence for name in case.words.feelings.refused]
    nudge = 0.15 if refused and sum(refused) / len(refused) < 0.4 else -0.15 if refused and sum(refused) / len(refused) > 0.6 else 0.0
    liked = _liked(case, "valence")
    value = blend(base, [moods()[name].valence for name in mood_ids], case.words.feelings.intensity, nudge + liked)
    reason = "from the style" + (" and the mood" if mood_ids else "") + (f" and {case.taste.why('valence', 'valence')}" if liked else "")
    return inferred(value, reason, 0.6).stated()


def _felt(case: Case) -> bool:
    """Whether words or options name a mood."""
    return bool(case.words.feelings.moods or case.given.moods)


def _liked(case: Case, name: str) -> float:
    """How far taste moves energy or valence: only where neither words nor a reference speak of feeling."""
    return case.taste.shift(name) if case.features is None and not case.words.feelings.moods and not case.given.moods else 0.0


def production_field(case: Case) -> Stated[tuple[str, ...]]:
    """Words of production, then those of the decade, the artist and the style."""
    sound, era = case.words.sound, case.words.era
    found = list(sound.production)
    quotes = [sound.production_evidence] if sound.production_evidence else []
    reason = None
    if era:
        entry = table("eras")[str(era.value)]
        found += entry["production"]
        quotes.append(era.evidence or "")
        reason = f"the sound of {entry['note']}"
    if case.artist:
        found += case.artist.production
    if case.lead_style:
        found += case.lead_style.production
    heard = heard_production(case.features) if not quotes else {}
    seen = seen_production(case) if not quotes and not heard else {}
    value = tuple(dict.fromkeys([*found, *heard, *seen]))
    if seen:
        return inferred(value, next(iter(seen.values())), 0.4).stated()
    if heard:
        return inferred(value, production_reason(heard), 0.6).stated()
    if quotes:
        return Finding(value, ", ".join(quotes), 1.0, reason).stated()
    return inferred(value, "the sound of the style" if value else "nothing was said about the sound; the style decides", 0.5).stated()


def use_field(case: Case) -> Stated[str]:
    """What the music is for; "listening" where nothing was said."""
    uses = case.words.sound.uses
    if uses:
        return Finding(", ".join(uses), case.words.sound.use_evidence, 0.9).stated()
    return inferred("listening", "no other use was named", 0.5).stated()


def style_of_field(case: Case) -> Stated[str] | None:
    """The artists taken as models. Names that nobody here knows are told in the notes."""
    models = case.words.models
    for name in models.unknown:
        case.note(f"'{name}' is not among the artists whose traits are known here; the rest of the prompt decides.")
    for title in models.unknown_titles:
        case.note(f"'{title}' is not among the songs known here and is not looked up; the rest of the prompt decides.")
    for title in models.own_titles:
        case.note(f"'{title}' is read as a title; its words say nothing about the music.")
    if not models.artists:
        return None
    names = ", ".join(artist.called for artist in models.artists)
    case.note(f"In the style of {names}: genre, tempo, mood and sound are taken as a model, never a melody.")
    return Finding(names, models.evidence, 0.9, "traits of style only: no melody is borrowed").stated()
