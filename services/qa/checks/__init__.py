"""The checks of a delivered song, by topic. Each compares what was asked with what is measured in the files."""

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
    """Run every check that applies to the delivered files. Raises BadInput for a file that cannot be read."""
    heard = listen(delivered)
    score = _sounding(delivered.score, asked)
    true_peak_db = floored_db(true_peak_linear(heard.audio, heard.rate_hz))
    tempo, fit = check_tempo(heard.envelope, score, asked)
    similarity, tone = check_similarity(heard, asked, score)
    found = (
        tempo,
        check_key(heard, score, asked, fit),
        check_chords(heard, score, asked, fit),
        check_loudness(heard, asked, true_peak_db),
        check_true_peak(true_peak_db, asked),
        check_clipping(heard),
        check_duration(heard, asked),
        check_silence(heard, score, asked, fit),
        check_null(heard),
        check_stems_heard(heard, score),
        check_dc(heard),
        check_correlation(heard),
        check_flac(heard, delivered.flac),
        check_mp3(heard, delivered.mp3),
        similarity,
        check_melody_own(score, asked),
        check_formats(heard, delivered, asked),
        *check_editions(heard, delivered, asked),
    )
    informed = blind_estimates(heard) | ({} if tone is None else {"similarity": tone["whole record"], "similarity_by_section": tone})
    return Findings(tuple(check for check in found if check is not None), heard, informed)
