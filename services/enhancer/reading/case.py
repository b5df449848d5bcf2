"""One request on the reader's desk: words, options, a reference, a seed, and what has been decided so far."""

from dataclasses import dataclass, field

from contracts.features import Features, PictureFeatures
from contracts.given import Given
from services.enhancer.reading.inference import Range
from services.enhancer.reading.options import Stipulated
from services.enhancer.reading.reader import Words
from services.enhancer.reading.vocabulary import Artist, Near
from services.enhancer.taste.leaning import Taste
from services.music.lyrics import Stanza
from services.music.packs.genres import genres


@dataclass
class Case:
    """Gathers notes while the fields are settled one after the other."""

    words: Words
    given: Stipulated
    features: Features | None
    seed: int
    brought: Given | None = None
    stanzas: tuple[Stanza, ...] = ()
    picture: PictureFeatures | None = None
    taste: Taste = field(default_factory=Taste)
    same_chords: str | None = None
    """The words that ask for the chords of the reference."""
    notes: list[str] = field(default_factory=list)

    @property
    def artist(self) -> Artist | None:
        """The first artist whose traits are taken."""
        return self.words.models.artists[0] if self.words.models.artists else None

    @property
    def lead_style(self) -> Near | None:
        """The style without a pack that leads, where the options name no genre."""
        return None if self.given.genres else self.words.styles.lead

    def note(self, text: str) -> None:
        """Something the user should know."""
        if text not in self.notes:
            self.notes.append(text)

    def style_range(self, genre_id: str) -> Range:
        """The tempo range of the leading style, narrowed to the artist's where one is the model."""
        near = self.lead_style
        low, typical, high = near.tempo_bpm if near else genres()[genre_id].identity.tempo_bpm
        typical = min(max(typical * 2 ** self.taste.shift("tempo"), low), high)
        owner = near.name if near else genres()[genre_id].name
        if self.artist and not self.given.genres and not self.words.styles.genres:
            low, high = self.artist.tempo_bpm
            return Range(low, (low + high) / 2, high, self.artist.name)
        return Range(low, typical, high, owner[0].lower() + owner[1:] if not owner.isupper() and "&" not in owner[:3] else owner)

    def minor_share(self, genre_id: str) -> float:
        """How often the leading style is in minor."""
        near = self.lead_style
        if near and near.minor_share is not None:
            return near.minor_share
        return min(max(genres()[genre_id].identity.minor_share + self.taste.minor_shift(), 0.0), 1.0)
