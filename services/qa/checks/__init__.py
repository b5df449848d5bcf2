"""The checks of a delivered song, by topic. Each compares what was asked with what is measured in the files."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from contracts.music.score import Score
from contracts.report import Check
from services.qa.asked import Asked
from services.qa.blind import blind_estimates
from services.qa.checks.chords import check_chords
from services.qa.checks.editions import check_editions
from services.qa.checks.files import check_flac, check_mp3, check_null, check_stems_heard
from services.qa.checks.formats import check_formats
from services.qa.checks.key import check_key
from services.qa.checks.levels import (
    check_clipping,
    check_correlation,
    check_dc,
    check_loudness,
    check_true_peak,
    floored_db,
    true_peak_linear,
)
from services.qa.checks.melody_own import check_melody_own
from services.qa.checks.similarity import check_similarity
from services.qa.checks.tempo import check_tempo
from services.qa.checks.time import check_duration, check_silence
from services.qa.delivered import Delivered
from services.qa.listening import Heard, listen

THREADS = 2


@dataclass(frozen=True)
class Findings:
    """All checks of a song, what was heard, and numbers that inform and do not judge."""

    checks: tuple[Check, ...]
    heard: Heard
    informed: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)


def _sounding(score: Score, asked: Asked) -> Score:
    """The score without the parts that the user took out of the mix."""
    if not asked.muted:
        return score
    return score.model_copy(update={"parts": {name: part for name, part in score.parts.items() if name not in asked.muted}})


def examine(delivered: Delivered, asked: Asked) -> Findings:
    """Run every check that applies to the delivered files. Raises BadInput for a file that cannot be read.

    Two at a time; what is found does not depend on that.
    """
    heard = listen(delivered)
    score = _sounding(delivered.score, asked)
    with ThreadPoolExecutor(THREADS) as pool:  # the longest first
        by_ear = pool.submit(_by_ear, heard, score, asked)
        levels = pool.submit(_levels, heard, delivered, asked)
        lossy = pool.submit(lambda: (check_mp3(heard, delivered.mp3), check_formats(heard, delivered, asked)))
        blind = pool.submit(blind_estimates, heard)
        plain = pool.submit(lambda: (check_clipping(heard), check_dc(heard), check_correlation(heard), check_flac(heard, delivered.flac)))
        toned = pool.submit(check_similarity, heard, asked, score)
    tempo, key, chords, silence = by_ear.result()
    loudness, true_peak, *editions = levels.result()
    mp3, formats = lossy.result()
    clipping, dc, correlation, flac = plain.result()
    similarity, tone = toned.result()
    found = (
        tempo,
        key,
        chords,
        loudness,
        true_peak,
        clipping,
        check_duration(heard, asked),
        silence,
        check_null(heard),
        check_stems_heard(heard, score),
        dc,
        correlation,
        flac,
        mp3,
        similarity,
        check_melody_own(score, asked),
        formats,
        *editions,
    )
    informed = blind.result() | ({} if tone is None else {"similarity": tone["whole record"], "similarity_by_section": tone})
    return Findings(tuple(check for check in found if check is not None), heard, informed)


def _by_ear(heard: Heard, score: Score, asked: Asked) -> tuple[Check | None, ...]:
    """What is heard in time with the score; the others follow where the beat was found."""
    tempo, fit = check_tempo(heard.envelope, score, asked)
    rest = check_key(heard, score, asked, fit), check_chords(heard, score, asked, fit), check_silence(heard, score, asked, fit)
    return tempo, *rest


def _levels(heard: Heard, delivered: Delivered, asked: Asked) -> tuple[Check | None, ...]:
    """Loudness and peaks of the master, and of its editions.

    In one thread: pyloudnorm is asked with its warnings turned off, and what is turned off is turned off in the whole process.
    """
    true_peak_db = floored_db(true_peak_linear(heard.audio, heard.rate_hz))
    master = check_loudness(heard, asked, true_peak_db), check_true_peak(true_peak_db, asked)
    return *master, *check_editions(heard, delivered, asked)
