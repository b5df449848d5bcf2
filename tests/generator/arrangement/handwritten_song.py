"""A song written by hand for the arranger's tests: form, chords and a melody in any meter and genre."""

from contracts.brief import Brief, Source, Stated
from contracts.music import ChordEvent, Note, Part, Role, Score, Section
from services.music.packs.genres import genre

FORM = (("intro", 4, 0.3), ("verse", 8, 0.45), ("chorus", 8, 0.75), ("verse", 8, 0.5), ("chorus", 8, 0.85), ("outro", 4, 0.3))
CLUB = (("intro", 8, 0.35), ("build", 8, 0.6), ("drop", 8, 0.9), ("breakdown", 8, 0.35), ("drop", 8, 1.0), ("outro", 4, 0.3))
CHORDS = ("C", "Am7", "F", "G7/B")


def brief_of(style: str, meter: str = "4/4", wanted: tuple[str, ...] = (), unwanted: tuple[str, ...] = ()) -> Brief:
    """A brief that states a genre, a meter and instruments."""
    pack = genre(style)

    def said(value: object) -> Stated:  # type: ignore[type-arg]
        return Stated(value=value, source=Source.STATED)

    return Brief(
        tempo_bpm=said(pack.identity.tempo_bpm[1]), key=said("C major"), meter=said(meter), duration_s=said(90.0), genres=said((style,)),
        moods=said(()), energy=said(0.6), valence=said(0.6), instruments_with=said(wanted), instruments_without=said(unwanted),
        structure=said(()), chords=said({}), production=said(()), use=said(""),
    )  # fmt: skip


def song_of(style: str, meter: str = "4/4", lead: str = "acoustic_piano") -> Score:
    """Forty bars: four chords in turn, a melody that sings three bars and rests in the fourth."""
    form = CLUB if style in ("house", "dubstep", "electronic") else FORM
    pack = genre(style)
    sections, notes, bar, seen = {}, [], 0, {}
    plain = Score(tempo_bpm=pack.identity.tempo_bpm[1], meter=meter)
    value = plain.meter_value
    for label, bars, energy in form:
        seen[label] = seen.get(label, 0) + 1
        many = sum(1 for entry in form if entry[0] == label) > 1
        chords = tuple(ChordEvent(bar=bar + i + 1, beat=1, symbol=CHORDS[i % 4]) for i in range(bars))
        sections[f"{label}_{seen[label]}" if many else label] = Section(
            label=label, start_bar=bar + 1, bars=bars, energy=energy, key="C major", chords=chords
        )
        for place in range(bars):
            if place % 4 != 3 and label not in ("intro", "outro"):
                start = (bar + place) * value.ticks_per_bar
                count = max(value.ticks_per_bar // 960, 1)
                notes += [Note(start + i * 960, 800, 67 + (0, 2, 4, 5, 7, 4, 2)[(i + place) % 7], 90) for i in range(count)]
        bar += bars
    melody = Part(role=Role.MELODY, instrument=lead, notes=tuple(notes), name="Lead")
    return plain.model_copy(update={"sections": sections, "parts": {"melody": melody}, "genre": style, "key": "C major"})
