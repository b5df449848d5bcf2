"""The parts of the evaluation that compare features: each returns what was done, in words, and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.evaluation.comparing import BANDS, LEAST_COMPRESSION, NO_BASS, TUNE, WITHOUT_BASS, Told, inside_shares, overlaps, tell_apart
from tests.evaluation.ours import covered
from tests.evaluation.signs import SIGNS, Judge, real_against_real

if TYPE_CHECKING:
    from tests.evaluation.features import Features
    from tests.evaluation.score import Session

Shown = tuple[str, str]


def bands(session: Session) -> Shown:
    """Share of songs inside the 5–95 % band of each measure, by style."""
    songs = session.ours | session.others
    styles = list(songs)
    shares = {style: inside_shares(songs[style], BANDS | NO_BASS) for style in styles}
    real, together = (inside_shares(rows, BANDS | NO_BASS) for rows in (session.real, session.ours_covered))
    head = f"{'':22}{'low':>7}{'high':>7}{'real':>7}{'OURS':>7}" + "".join(f"{style[:9]:>10}" for style in styles)
    lines = [head]
    for name, (low, _, high) in (BANDS | NO_BASS).items():
        cells = "".join(f"{shares[style].get(name, float('nan')):10.2f}" for style in styles)
        lines.append(f"{name:22}{low:7.2f}{high:7.2f}{real[name]:7.2f}{together[name]:7.2f}{cells}")
    values = {style: [f["compression"] for f in songs[style] if "compression" in f] for style in styles}
    every = [f["compression"] for f in session.ours_covered]
    lines.append(
        f"{'compression, median':22}{LEAST_COMPRESSION:7.2f}{'':7}{np.median([f['compression'] for f in session.real]):7.2f}"
        f"{np.median(every):7.2f}" + "".join(f"{np.median(v) if v else float('nan'):10.2f}" for v in values.values())
    )
    good, bare = (sum(together[name] >= 0.9 for name in names) for names in (BANDS, [n for n in BANDS if n[0] == "m"] + list(NO_BASS)))
    tight = np.mean([v >= LEAST_COMPRESSION for v in every])
    note = f"""Share of songs inside the band (5 % to 95 % of POP909, music.md) on each measure; band = melody, second melody, one
accompanist at a time and the bass, as a POP909 file has them: its pianists play the bass with the left hand, and the reference
contains those notes. whole = the same without our bass player, to be read beside it. Real: held-out songs, {len(session.real)}.
OURS: {", ".join(covered())} together, {len(session.ours_covered)} songs of three minutes; other styles 5 each, for information.
{good} of {len(BANDS)} measures hold ≥ 90 % of ours ({bare} of {len(BANDS)} without the bass);
compression ≥ {LEAST_COMPRESSION:g} in {tight:.0%} of ours."""
    return note, "\n".join(lines)


def overlap(session: Session) -> Shown:
    """Overlapped area of each feature with the held-out songs, real against real beside it."""
    half, other = session.real[::2], session.real[1::2]
    ours, real = overlaps(session.ours_covered, session.real), overlaps(half, other)
    by_style = {style: overlaps(session.ours[style], session.real) for style in covered() if len(session.ours[style]) >= 8}
    lines = [f"{'':26}{'ours':>7}{'real':>7}" + "".join(f"{style[:9]:>10}" for style in by_style)]
    for name, value in sorted(ours.items(), key=lambda item: item[1]):
        lines.append(f"{name:26}{value:7.2f}{real[name]:7.2f}" + "".join(f"{t.get(name, float('nan')):10.2f}" for t in by_style.values()))
    means = "".join(f"{np.mean(list(t.values())):10.2f}" for t in by_style.values())
    lines.append(f"{'MEAN':26}{np.mean(list(ours.values())):7.2f}{np.mean(list(real.values())):7.2f}{means}")
    note = f"""Overlapped area (Yang & Lerch 2020) of distances among held-out POP909 songs and between ours and them; "real": one half of
the held-out songs against the other. Ours: {", ".join(covered())}, {len(session.ours_covered)} songs. Mean
{np.mean(list(ours.values())):.2f}, real against real {np.mean(list(real.values())):.2f}; the aim is .7."""
    return note, "\n".join(lines)


def signs(session: Session) -> Shown:
    """Each sign's z for ours and for real songs, and each proxy's."""
    judge = Judge(session.real)
    kinds = {"ours": [judge.signs(f) for f in session.ours_covered], "real": real_against_real(session.real)}
    kinds |= {style: [judge.signs(f) for f in session.ours[style]] for style in covered()}
    lines = [f"{'':26}{'median z, share beyond 2':>26}"]
    lines.append(f"{'':26}" + "".join(f"{kind[:9]:>14}" for kind in kinds))
    for sign in SIGNS:
        cells = []
        for rows in kinds.values():
            values = np.array([row[sign] for row in rows if sign in row])
            cells.append(f"{np.median(values):8.2f} {np.mean(values > 2):5.2f}" if len(values) else f"{'–':>14}")
        lines.append(f"{sign:26}" + "".join(cells))
    worst = {kind: np.array([max(row.values()) for row in rows]) for kind, rows in kinds.items()}
    lines += [
        f"{f'WORST within {limit}':26}" + "".join(f"{np.mean(values <= limit):14.2f}" for values in worst.values()) for limit in (2, 3)
    ]
    within = {kind: [f"{np.mean(worst[kind] <= limit):.0%}" for limit in (2, 3)] for kind in ("ours", "real")}
    lines += ["", *_proxies(judge, session.ours_covered, session.real)]
    note = f"""Signs of craft.md §5 as z-scores on per-song distributions of {len(session.real)} held-out POP909 songs
(2 = 97.7 % of real songs are less at fault). Real: each song judged by the half that it is not in. Songs within 2 on their worst
sign: ours {within["ours"][0]}, real {within["real"][0]}; within 3: ours {within["ours"][1]}, real {within["real"][1]}.
Aims: 80 % and 98 %. POP909 has no drums and no playing in time: fills, micro-timing and the band are judged elsewhere."""
    return note, "\n".join(lines)


def _proxies(judge: Judge, ours: list[Features], real: list[Features]) -> list[str]:
    lines = [f"{'proxy':26}{'fault':>7}{'ours':>9}{'sd':>8}{'real':>9}{'sd':>8}{'mean z':>8}{'|z|>2':>8}"]
    for name, side in dict.fromkeys(proxy for proxies in SIGNS.values() for proxy in proxies):
        mine, theirs = ([f[name] for f in rows if name in f] for rows in (ours, real))
        z = np.array([judge.scales[name].z(value) for value in mine])
        lines.append(
            f"{name:26}{side:>7}{np.mean(mine):9.3f}{np.std(mine):8.3f}{np.mean(theirs):9.3f}{np.std(theirs):8.3f}"
            f"{np.mean(z):8.2f}{np.mean(np.abs(z) > 2):8.2f}"
        )
    return lines


def classifier(session: Session) -> Shown:
    """How often a classifier tells ours from the held-out songs, and by which features."""
    half, other = session.real[::2], session.real[1::2]
    told: dict[str, Told] = {"ours": tell_apart(session.ours_covered, session.real), "real against real": tell_apart(half, other)}
    told["ours, our bass player left out"] = tell_apart(session.ours_covered, session.real, WITHOUT_BASS)
    told["ours, by melody, form and harmony alone"] = tell_apart(session.ours_covered, session.real, TUNE)
    told["real against real, by these"] = tell_apart(half, other, TUNE)
    told |= {style: tell_apart(session.ours[style], session.real) for style in covered() if len(session.ours[style]) >= 10}
    lines = [f"{kind:44}{found.accuracy:7.2f}" for kind, found in told.items()]
    lines += ["", "most telling (weight per standard deviation; positive: ours have more)"]
    tune = list(told["ours, by melody, form and harmony alone"].weights.items())
    for (name, weight), (other_name, other_weight) in list(zip(told["ours"].weights.items(), tune, strict=False))[:20]:
        lines.append(f"{name:26}{weight:7.2f}     of the tune: {other_name:26}{other_weight:7.2f}")
    note = f"""A logistic classifier on the compared features, five folds, both kinds weighing the same: .5 is chance. Ours
{told["ours"].accuracy:.0%}, real against real {told["real against real"].accuracy:.0%}; the aim is ≤ 70 %."""
    return note, "\n".join(lines)
