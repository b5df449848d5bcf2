"""The engines that play instruments of the user's own: the file sounds in a child process, its level is measured here."""

from pathlib import Path

import numpy as np

from contracts.errors import Unavailable
from contracts.music import Part
from services.generator.production import fluidsynth, sfz, soundfont_files, tiny, vst3
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.events import Event
from services.generator.production.own import Own
from services.generator.production.own_events import one_channel, phrase
from services.generator.production.own_files import available, playable_sfz, safely
from services.generator.production.performance import perform
from services.generator.production.sounds import Preset, Sampled, is_drum_part, sound_table
from services.music.packs.sound_table import Variation

REFERENCE_LUFS = -23.0
"""As in calibrate.py: what the phrase is brought to."""
MOST_TRIM_DB = 48.0
START_S, PER_SECOND = 60.0, 2.0
"""Time that a child has: to start and to load, and for each second of sound."""
MOST_S = 600.0
QUIET = 10 ** (-60 / 20)


def play_own(own: Own, part_id: str, part: Part, clock: Clock, folders: tuple[Path, ...]) -> Floats:
    """A part on a file of the user's own, [2, frames], at the level of our instruments. Raises BadInput where it cannot play."""
    song = phrase(part)
    measured, heard = Clock(song), song.parts["phrase"]
    limit_s = min(START_S + PER_SECOND * (clock.frames + measured.frames) / SAMPLE_RATE_HZ, MOST_S)
    if own.kind == "soundfont":
        preset = preset_of(own)
        runs = [_channels(part_id, one, preset, at) for one, at in ((heard, measured), (part, clock))]
        quiet, audio = safely(
            own, soundfont_files.play, own.path, preset, *runs[0], measured.frames, *runs[1], clock.frames, soundfont_files.player(),
            timeout_s=limit_s,
        )  # fmt: skip
    else:
        before, events = one_channel(heard, measured), one_channel(part, clock)
        if own.kind == "sfz":
            with playable_sfz(own, folders) as file:
                quiet, audio = safely(own, sfz.play, str(file), before, measured.frames, events, clock.frames, timeout_s=limit_s)
        else:
            arguments = (str(own.path), own.detail, before, measured.frames, events, clock.frames)
            quiet, audio = safely(own, vst3.play, *arguments, timeout_s=limit_s)
    return _levelled(own, quiet, audio)


def version(kind: str) -> str:
    """What the sound of a kind depends on beside the file. Raises Unavailable where nothing plays it here."""
    if not available(kind):
        raise Unavailable(f"a player of {kind} files", "houseband doctor says what to install")
    if kind == "soundfont":
        player = soundfont_files.player()
        return f"{player} {(tiny if player == 'tinysoundfont' else fluidsynth).version()}"
    return f"pysfizz {sfz.version()}" if kind == "sfz" else f"pedalboard {vst3.version()}"


def preset_of(own: Own) -> Preset:
    """Bank and program of a soundfont of the user's own."""
    bank, _, program = own.detail.partition(":")
    return Preset(soundfont="own", bank=int(bank), program=int(program))


def _channels(part_id: str, part: Part, preset: Preset, clock: Clock) -> tuple[list[Event], int]:
    """Events of a part as our player plays them, without what makes up for General MIDI samples: the file is taken as it is."""
    usual = next(iter(sound_table(part.instrument).patches.values()), None)
    sound = Sampled(
        presets=(preset,),
        tone_cents=0.0,
        expression=usual.expression if usual else "struck",
        variation=Variation(tune_cents=0.0, tone_cents=0.0, level_db=0.0),
    )
    events, channels = perform(part_id, part, sound, preset, clock, drums=is_drum_part(part))
    return events, max(channels.values(), default=0) + 1


def _levelled(own: Own, quiet: Floats, audio: Floats) -> Floats:
    """The part with the gain that brings the phrase, or where that is silent the part itself, to the reference loudness."""
    from services.music.audio.loudness import integrated_lufs

    if not np.isfinite(audio).all():
        raise own.bad("an instrument that gives numbers", "Its sound holds samples that are no numbers.")
    if float(np.abs(audio).max(initial=0.0)) == 0.0:
        raise own.bad("an instrument that sounds at the notes of this part", "It is silent.")
    loudness = integrated_lufs(quiet if np.abs(quiet).max(initial=0.0) > QUIET else audio, SAMPLE_RATE_HZ)
    if not np.isfinite(loudness):
        peak_db = 20.0 * np.log10(float(np.abs(audio).max()))
        loudness = peak_db - 12.0
    gain_db = float(np.clip(REFERENCE_LUFS - loudness, -MOST_TRIM_DB, MOST_TRIM_DB))
    return np.asarray(audio * np.float32(10.0 ** (gain_db / 20.0)), dtype=np.float32)
