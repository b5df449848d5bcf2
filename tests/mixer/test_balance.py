"""The balance of tone: what is predicted of a mix is what comes out, and its sum comes nearer to the corridor without strange knobs."""

import numpy as np
import pytest

from contracts.music.score import Role
from contracts.sound import Bell, Compression
from services.mixer.corridor import corridor_db, deviation_db
from services.mixer.mixing import masking
from services.mixer.mixing.balance import MOST_BANDS, MOST_DB, Desk, k_weights, response_db
from services.mixer.mixing.channel import Tone
from services.mixer.mixing.compressor import compress
from services.mixer.mixing.spaces import impulse_response
from services.mixer.mixing.strip import shaped
from services.mixer.profiles import profile
from services.music.audio.loudness import integrated_lufs
from services.music.audio.spectrum import band_powers, third_octave_centres

RATE = 48_000
CENTRES = third_octave_centres(RATE)


def noise(seed=1, seconds=3.0):
    """White noise [2, samples], -20 dBFS."""
    return (0.1 * np.random.default_rng(seed).standard_normal((2, round(seconds * RATE)))).astype(np.float32)


@pytest.mark.parametrize(
    "bell", [Bell(hz=500, db=4.0, q=1.4), Bell(hz=200, db=-3, shape="low_shelf"), Bell(hz=6000, db=5, shape="high_shelf")]
)
def test_a_bands_response_is_what_the_strip_does(bell):
    """The formula against the strip's filter on noise: within 0.3 dB in every third octave from 63 Hz to 12.5 kHz."""
    plain, wet = (band_powers(shaped(noise(), RATE, Tone(eq=eq)), RATE, hop=0.5)[1] for eq in ((), (bell,)))
    inside = (CENTRES > 60) & (CENTRES < 13_000)
    assert np.abs(10 * np.log10(wet / plain) - response_db([bell], CENTRES))[inside].max() < 0.3


def test_loudness_by_bands_is_loudness():
    """K weights on third-octave powers give the meter's figure within 0.3 LU."""
    for tone in (Tone(), Tone(lowpass_hz=800.0)):
        audio = shaped(noise(), RATE, tone)
        powers = band_powers(audio, RATE, hop=0.5)[1]
        assert -0.691 + 10 * np.log10(powers @ k_weights(CENTRES)) == pytest.approx(integrated_lufs(audio, RATE), abs=0.3)


def band(low_hz, high_hz, level_db):
    """Powers of a source that follows the corridor between two corners and falls away by 12 dB per octave beyond."""
    fall = 12 * (np.maximum(0, np.log2(low_hz / CENTRES)) + np.maximum(0, np.log2(CENTRES / high_hz)))
    return 10 ** ((corridor_db(CENTRES, profile("pop").tone) + level_db - fall) / 10)


def balanced(powers):
    """(desk, deviation before, after) of parts by name, from 63 Hz to 12.5 kHz."""
    desk = Desk(CENTRES, powers, corridor_db(CENTRES, profile("pop").tone), dict.fromkeys(powers, 2.0), dict.fromkeys(powers, 1.0))
    inside = (CENTRES > 60) & (CENTRES < 13_000)
    before = deviation_db(CENTRES, 10 * np.log10(sum(powers.values())), desk.corridor_db)[inside]
    desk.balance()
    return desk, before, desk.away_db(sum(desk.powers.values()))[inside]


def test_a_balanced_mix_needs_no_knob():
    """Where the sum follows the corridor but for the crossings of its parts, only those are touched, by little."""
    desk, before, after = balanced({"bass": band(20, 200, 0), "keys": band(200, 3000, 0), "drums": band(3000, 20_000, 0)})
    assert np.abs(after).max() < 1.5 < np.abs(before).max() < 2.5
    assert all(abs(bell.db) <= 3 for bells in desk.bells.values() for bell in bells)
    assert set(desk.gains_db.values()) == {0.0}


def test_a_resonance_is_cut_in_the_stem_that_has_it_and_a_gap_is_filled_where_somebody_plays():
    """9 dB at 800 Hz in the keys, keys 7 dB too soft below 500 Hz: within 3 dB afterwards, bands and faders within their limits."""
    keys = band(250, 3000, 0) * 10 ** ((9 * np.exp(-((6 * np.log2(CENTRES / 800)) ** 2)) - 7 * (CENTRES < 500)) / 10)
    desk, before, after = balanced({"bass": band(20, 250, 0), "keys": keys, "drums": band(3000, 20_000, 0)})
    assert np.abs(before).max() > 6
    assert np.abs(after).max() < 3
    assert any(bell.db < 0 and 600 < bell.hz < 1100 for bell in desk.bells["keys"])
    for name, bells in desk.bells.items():
        assert len(bells) <= MOST_BANDS
        assert np.abs(response_db(bells, CENTRES)).max() <= MOST_DB
        assert abs(desk.gains_db[name]) <= 2.0


def test_a_lead_keeps_its_tone():
    """It is raised by broad bands alone, turned by 4.5 dB and three bands at most; elsewhere narrow bands raise by 3 dB at most."""
    holes = 10 ** (-1.2 * (np.isin(np.arange(CENTRES.size) % 4, (0,)) & (CENTRES > 500)))
    powers = {"lead": band(500, 4000, 0) * holes, "pad": band(60, 500, 0) * np.where(np.abs(np.log2(CENTRES / 200)) < 0.1, 0.2, 1.0)}
    desk = Desk(
        CENTRES,
        powers,
        corridor_db(CENTRES, profile("pop").tone),
        dict.fromkeys(powers, 0.0),
        {"lead": 4.0, "pad": 1.0},
        frozenset({"lead"}),
    )
    desk.balance()
    lead = desk.bells["lead"]
    assert len(lead) <= 3
    assert not [bell for bell in lead if bell.db > 0 and bell.q > 2]
    assert np.abs(response_db(lead, CENTRES)).max() <= 4.51
    assert desk.bells["pad"]
    assert response_db([bell for bell in desk.bells["pad"] if bell.db > 0 and bell.q > 2], CENTRES).max() <= 3.01


def test_what_nobody_plays_is_not_boosted():
    """A flute alone: no band is turned up where it lies more than 15 dB under the corridor."""
    desk, _, _ = balanced({"flute": band(600, 4000, 0)})
    assert desk.bells["flute"]
    assert all(bell.db < 0 or 190 < bell.hz < 11_000 for bell in desk.bells["flute"])


def test_who_stands_behind_gives_way():
    """A pad over a lead is cut where it hides it, the lead never; a bass under a strong kick gives way to it."""
    lead, pad = band(500, 3000, 0), band(300, 4000, 3)
    drums, bass = band(30, 100, 0), band(30, 200, 2)
    roles = {"lead": Role.MELODY, "pad": Role.PAD, "drums": Role.DRUMS, "bass": Role.BASS}
    cuts = masking.cuts(CENTRES, {"lead": lead, "pad": pad, "drums": drums, "bass": bass}, roles, 3.0)
    assert not cuts["lead"]
    assert not cuts["drums"]
    assert all(-3 <= bell.db < 0 for bell in (*cuts["pad"], *cuts["bass"]))
    assert any(450 <= bell.hz <= 4200 for bell in cuts["pad"])
    assert 40 <= cuts["bass"][0].hz <= 110


def test_a_compressor_moves_both_sides_together():
    """A burst on the left alone turns down the quiet tone on the right by the same factor, and the ratio is what is asked."""
    n = np.arange(RATE)
    left = np.sin(2 * np.pi * 1000 * n / RATE) * np.where((n > 12_000) & (n < 36_000), 0.8, 0.05)
    right = 0.05 * np.sin(2 * np.pi * 400 * n / RATE)
    audio = np.stack([left, right]).astype(np.float32)
    out = compress(audio, RATE, Compression(ratio=4.0, threshold_db=-20.0, attack_ms=1.0, release_ms=50.0))
    loud = slice(24_000, 35_000)
    factors = [np.std(out[side, loud]) / np.std(audio[side, loud]) for side in (0, 1)]
    assert factors[0] == pytest.approx(factors[1], rel=0.02)
    assert 20 * np.log10(factors[0]) == pytest.approx(-0.75 * (20 + 20 * np.log10(0.8)), abs=1.5)
    assert np.array_equal(out[:, :12_000], audio[:, :12_000])


def test_a_gated_room_falls_shut():
    """Synthwave's room: still within 12 dB of its beginning shortly before the gate, and 40 dB under it 40 ms later."""
    room = profile("synthwave").room
    response = np.pad(impulse_response("return_room", room, RATE), ((0, 0), (0, RATE)))
    at = [round((room.predelay_ms + ms) * RATE / 1000) for ms in (60, room.gate_ms - 40, room.gate_ms + 30)]
    energy = [10 * np.log10((response[:, start : start + 960] ** 2).mean() + 1e-20) for start in at]
    assert energy[1] > energy[0] - 12
    assert energy[2] < energy[1] - 40
