"""What a file says of itself: title, artist, album, genre, tempo, key, date, how it was made, and a picture."""

import base64
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.mixer.delivery.riff import Loudness, broadcast, chunk, info_list
from services.music.pictures import Picture

ARTIST = ALBUM = "Houseband"
MOST_COMMENT = 2000
_FRONT_COVER = 3  # ID3v2.4 4.14, and FLAC's picture block after it
_OGG_SERIAL = 0x48424E44


@dataclass(frozen=True)
class Tags:
    """The words. `date` is a day such as 2026-11-21, or empty; `comment` says seed and prompt."""

    title: str
    genre: str = ""
    bpm: float = 0.0
    key: str = ""
    date: str = ""
    comment: str = ""
    artist: str = ARTIST
    album: str = ALBUM

    def of(self, version: str) -> "Tags":
        """The tags of another version of the song."""
        return replace(self, title=f"{self.title} ({version})")

    @property
    def tempo(self) -> str:
        """Beats per minute as a whole number, which ID3 asks for; empty where there are none."""
        return f"{self.bpm:.0f}" if self.bpm else ""


def id3_key(key: str) -> str:
    """A key as ID3's TKEY writes it: "Am", "C#m", "Eb"; modes with a minor third count as minor."""
    words = key.replace("♯", "#").replace("♭", "b").split()
    if not words:
        return ""
    minor = len(words) > 1 and words[1].lower() in ("minor", "dorian", "phrygian", "aeolian", "locrian")
    return words[0] + ("m" if minor else "")


def _id3(tags: Tags, cover: Picture | None) -> Any:
    """ID3v2.4 frames."""
    from mutagen.id3 import APIC, COMM, ID3, TALB, TBPM, TCON, TDRC, TIT2, TKEY, TPE1

    comment: Any = COMM
    picture: Any = APIC
    frames: Any = ID3()  # type: ignore[no-untyped-call]
    texts = ((TIT2, tags.title), (TPE1, tags.artist), (TALB, tags.album), (TCON, tags.genre), (TBPM, tags.tempo))
    for frame, text in (*texts, (TKEY, id3_key(tags.key)), (TDRC, tags.date)):
        if text:
            frames.add(frame(encoding=3, text=text))
    if tags.comment:
        frames.add(comment(encoding=3, lang="eng", desc="", text=tags.comment))
    if cover:
        frames.add(picture(encoding=0, mime=cover.media_type, type=_FRONT_COVER, desc="", data=cover.data))
    return frames


def tag_mp3(path: Path, tags: Tags, cover: Picture | None = None) -> None:
    """Write ID3v2.4 tags to an MP3 that has none."""
    _id3(tags, cover).save(path)


def _comments(tags: Tags) -> dict[str, str]:
    """Names and texts as Vorbis comments."""
    texts = {
        "TITLE": tags.title,
        "ARTIST": tags.artist,
        "ALBUM": tags.album,
        "GENRE": tags.genre,
        "DATE": tags.date,
        "BPM": tags.tempo,
        "INITIALKEY": id3_key(tags.key),
        "KEY": tags.key,
        "COMMENT": tags.comment,
    }
    return {name: text for name, text in texts.items() if text}


def _picture(cover: Picture) -> Any:
    from mutagen.flac import Picture as Block

    block: Any = Block()  # type: ignore[no-untyped-call]
    block.type, block.mime, block.data = _FRONT_COVER, cover.media_type, cover.data
    block.width, block.height, block.depth = cover.width, cover.height, cover.depth
    return block


def tag_flac(path: Path, tags: Tags, cover: Picture | None = None) -> None:
    """Write Vorbis comments and the picture to a FLAC."""
    from mutagen.flac import FLAC

    file: Any = FLAC(path)  # type: ignore[no-untyped-call]
    for name, text in _comments(tags).items():
        file[name] = text
    if cover:
        file.add_picture(_picture(cover))
    file.save()


def tag_ogg(path: Path, tags: Tags, cover: Picture | None = None) -> None:
    """Write Vorbis comments and the picture to an Ogg Vorbis file; its stream gets a serial number that does not change."""
    from mutagen.oggvorbis import OggVorbis

    file: Any = OggVorbis(path)  # type: ignore[no-untyped-call]
    for name, text in _comments(tags).items():
        file[name] = text
    if cover:
        file["METADATA_BLOCK_PICTURE"] = base64.b64encode(_picture(cover).write()).decode("ascii")
    file.save()
    _renumber(path)


def _renumber(path: Path) -> None:
    """Write a fixed serial number into every page: libsndfile draws one from the clock."""
    from mutagen.ogg import OggPage

    renumbered = io.BytesIO()
    with path.open("rb") as source:
        while True:
            try:
                page: Any = OggPage(source)  # type: ignore[no-untyped-call]
            except EOFError:
                break
            page.serial = _OGG_SERIAL
            renumbered.write(page.write())
    path.write_bytes(renumbered.getvalue())


def wav_chunks(tags: Tags, cover: Picture | None, loudness: Loudness | None, history: str, extra: bytes = b"") -> tuple[bytes, bytes]:
    """Chunks before the samples (bext, LIST INFO, `extra`) and behind them (ID3, which carries the picture)."""
    texts = {
        "INAM": tags.title, "IART": tags.artist, "IPRD": tags.album, "IGNR": tags.genre, "ICRD": tags.date, "ICMT": tags.comment,
        "IKEY": tags.key, "ISFT": "Houseband",
    }  # fmt: skip
    facts = ", ".join(filter(None, (tags.title, tags.genre, f"{tags.tempo} bpm" if tags.tempo else "", tags.key)))
    before = broadcast(facts, "", tags.date, loudness, history) + info_list(texts) + extra
    frames = io.BytesIO()
    _id3(tags, cover).save(frames, padding=lambda _: 0)
    return before, chunk(b"id3 ", frames.getvalue())
