"""Two songs side by side: what differs, as a musician would say it."""

from services.music.comparing.differences import differences
from services.music.comparing.songs import Difference, Song, song_of

__all__ = ["Difference", "Song", "differences", "song_of"]
