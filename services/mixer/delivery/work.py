"""Delivery: the mastered song written and stored as the files that the user gets."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.artifacts import AudioArtifact
from contracts.context import Context
from services.mixer import files
from services.mixer.mastering.delivery import encode_mp3
from services.mixer.mastering.session import Session
from services.mixer.stored import go_on
from services.runtime.workbench import Workbench

Audio = NDArray[np.float32]


def tags(context: Context) -> dict[str, Any]:
    """What the MP3 says of itself."""
    title = context.ideation.brief.title if context.ideation else ""
    musical = context.musical
    return {
        "title": title or "Untitled",
        "artist": "Houseband",
        "bpm": musical.tempo_bpm if musical else 0.0,
        "key": musical.key if musical else "",
        "genre": musical.genre if musical else "",
    }


def deliver(context: Context, bench: Workbench, session: Session, prefix: str, mp3_gain_db: float) -> dict[str, AudioArtifact]:
    """Write and store the master in three formats and the stems; a second thread encodes while the first writes stems."""
    store, scratch, rate = bench.objects, bench.scratch, session.rate

    def wav(name: str, audio: Audio) -> AudioArtifact:
        path = scratch / "delivered.wav" if name == "master" else scratch / f"delivered-{name}.wav"
        files.write_wav_24(path, audio, rate)
        try:
            return store.put_audio(f"{prefix}/{name if name == 'master' else f'stems/{name}'}.wav", path)
        finally:
            path.unlink(missing_ok=True)

    def encoded() -> dict[str, AudioArtifact]:
        flac, mp3 = scratch / "delivered.flac", scratch / "delivered.mp3"
        files.write_flac_24(flac, session.total, rate)
        encode_mp3(mp3, session.total, rate, tags(context), mp3_gain_db)
        out = {
            "master.flac": store.put_audio(f"{prefix}/master.flac", flac, "audio/flac"),
            "master.mp3": store.put_audio(f"{prefix}/master.mp3", mp3, "audio/mpeg"),
        }
        for path in (flac, mp3):
            path.unlink(missing_ok=True)
        return out

    with ThreadPoolExecutor(1) as pool:
        compressed = pool.submit(encoded)
        delivered = {"master.wav": wav("master", session.total)}
        for name, audio in session.stems():
            delivered[f"stems/{name}.wav"] = wav(name, audio)
            go_on(bench, 0.5 + 0.45 * len(delivered) / (len(session.names) + 1), f"delivered {name.replace('_', ' ')}")
        return {**delivered, **compressed.result()}
