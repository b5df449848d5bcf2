"""What a clause changes in the mix and the master: levels, places in the stereo field, tone, space, loudness."""

import math
from collections.abc import Iterator
from typing import Any

from contracts.edits import Edit, LevelEdit, MasterEdit, MixEdit, SpaceEdit
from contracts.errors import BadInput
from contracts.sound import LOUDNESS_TARGETS, ChannelEdit, Compression, MixEdits, Operation
from services.enhancer.instructing.amounts import BARS, CEILING, DB, INTERVAL, LUFS, PERCENT, Amount
from services.enhancer.instructing.clause_facts import NONE, Facts, Turned
from services.enhancer.instructing.clauses import QUANTITIES
from services.enhancer.instructing.items import WORD, Item
from services.enhancer.instructing.lexicon import ATTRIBUTE, DEGREE, DIRECTION, FILLER, MARK, TARGET, VERB
from services.enhancer.reading.vocabulary import MOOD

_LEVEL_DB = {"small": 1.5, "": 3.0, "large": 6.0, "twice": 6.0, "half": 6.0}
_MASTER_LU = {"small": 1.0, "": 2.0, "large": 4.0, "twice": 4.0, "half": 4.0}
_LEAST_LUFS, _MOST_LUFS = -30.0, -5.0
_LEAST_CEILING, _MOST_CEILING = -9.0, -0.1
_LEAST_DB, _MOST_DB = -60.0, 24.0
_MOST_PLAIN_DB = 12
_SCALE = {"small": 0.5, "": 1.0, "large": 2.0, "twice": 2.0, "half": 2.0}
_MOST_SHELF_DB, _REVERB_RANGE = 9.0, (-24.0, 9.0)
_CHANGES: dict[str, dict[str, float]] = {
    "bright": {"high_end_db": 2.0},
    "warm": {"high_end_db": -1.5, "low_end_db": 1.0},
    "mud": {"low_end_db": 1.5, "reverb_db": 2.0, "high_end_db": -0.5},  # less of it is asked for: the signs turn
    "harsh": {"high_end_db": 2.0},
    "reverb": {"reverb_db": 3.0},
    "lows": {"low_end_db": 2.0},
    "punch": {"drums_db": 1.5, "reverb_db": -1.0},
}
"""Changes of the whole mix in dB for one step up, as the mixer names them."""
_FACTORS = {"wide": ("width", 1.25), "pump": ("duck_scale", 1.5)}
_MOST_FACTOR = 2.0
_TONE = {
    "bright": ("high_shelf", 4000.0, 3.0), "warm": ("high_shelf", 5000.0, -2.5), "harsh": ("peak", 3200.0, 3.0), "mud": ("peak", 300.0, 3.0),  # noqa: E501  a table of words or one pattern
    "lows": ("low_shelf", 120.0, 3.0), "punch": ("peak", 100.0, 2.0),
}  # fmt: skip
"""An equaliser behind the strip for one step up: its kind, frequency in Hz and gain in dB."""
_NO_SEND_DB, _NO_MORE_DB = -120.0, -60.0
_SPACE_DB = {"small": 3.0, "": 6.0, "large": 10.0, "twice": 6.0, "half": 6.0}
"""What is sent more to a space in some sections or bars: it has to be heard beside the others."""
_ECHO_DB = {"small": -16.0, "": -11.0, "large": -6.0, "twice": -6.0, "half": -16.0}
_FAINT_ECHO_DB = -24.0
_DRIVE_DB = {"small": 4.0, "": 8.0, "large": 14.0, "twice": 14.0, "half": 4.0}
_RATIO = {"small": 2.5, "": 4.0, "large": 8.0, "twice": 8.0, "half": 2.0}
_PAN = {"small": 0.25, "": 0.5, "large": 0.8}
_SIDES = {"left": -1.0, "right": 1.0, "middle": 0.0}


def master(facts: Facts) -> Iterator[Edit]:
    """The loudness and the ceiling of the record. Raises BadInput for what lies out of range."""
    lufs, ceiling = facts.amount(LUFS), facts.amount(CEILING)
    target = next((item for item in facts.items if item.means(TARGET)), None)
    if not (lufs or ceiling or target):
        return
    facts.use(*facts.of(LUFS, CEILING), target)
    facts.use_where(
        lambda i: i.means(ATTRIBUTE, "loud", "loud+", "loud-") or i.means(VERB, "light") or i.means(DEGREE) or i.means(DIRECTION)
    )
    facts.use_where(lambda i: i.means(MARK, "into", "into_first", "so", "only"))
    loudness = lufs.value if lufs else LOUDNESS_TARGETS[target.id(TARGET)] if target else None
    if loudness is not None and not _LEAST_LUFS <= loudness <= _MOST_LUFS:
        raise BadInput("instruction", f"{loudness:g} LUFS", f"{_LEAST_LUFS:g} to {_MOST_LUFS:g} LUFS")
    if ceiling is not None and not _LEAST_CEILING <= ceiling.value <= _MOST_CEILING:
        raise BadInput("instruction", f"{ceiling.value:g} dBTP", f"{_LEAST_CEILING:g} to {_MOST_CEILING:g} dBTP")
    yield MasterEdit(target_lufs=loudness, ceiling_dbtp=ceiling.value if ceiling else None)


def level(facts: Facts) -> Iterator[Edit]:
    """Parts or single drums louder or softer; without any, the record."""
    turned = facts.turn("loud") or (facts.turn("big") if facts.who.named else None)
    turned = turned or (facts.turn("punch", "lows") if facts.who.pieces else None)
    sign = turned.sign if turned else _bare_sign(facts)
    amount = facts.amount(DB) or _plain_db(facts)
    if any(facts.is_used(item) for item in (turned.items if turned else ())) or (turned and turned.sign == NONE):
        return
    if amount and (amount.signed or not sign):
        sign = (1 if amount.value >= 0 else -1) if amount.signed else 0
        sign = sign if not turned or amount.value < 0 else turned.sign
    placed = facts.where.sections or facts.where.ranges
    if not sign or facts.who.missing or facts.where.missing or facts.compared:
        return
    if not (facts.who.named or placed) and (facts.unknown or not (turned or amount or _is_it(facts))):
        return
    db = sign * abs(amount.value) if amount else sign * _share_db(facts)
    facts.use(*(turned.items if turned else ()), *facts.of(DB, PERCENT))
    facts.use_names()
    facts.use_where(lambda item: item.means(VERB, "add", "light", "keep") or (facts.lowering and item.means(VERB, "remove")))
    facts.use(*_plain_number(facts))
    if not _LEAST_DB <= db <= _MOST_DB:
        raise BadInput("instruction", f"{db:g} dB", f"{_LEAST_DB:g} to {_MOST_DB:g} dB")
    for sections, bars in facts.where.spots if facts.who.named or placed else ():
        for parts, pieces in facts.groups:
            yield LevelEdit(parts=parts, sections=sections, bars=bars, pieces=pieces, db=db)
    if facts.who.named or placed:
        return
    louder = facts.outline.target_lufs + (db if amount else sign * _MASTER_LU[facts.degree])
    yield MasterEdit(target_lufs=round(min(max(louder, _LEAST_LUFS), _MOST_LUFS), 1))


def _plain_number(facts: Facts) -> tuple[Item, ...]:
    """A number right behind a direction: "kick up 1"."""
    pairs = zip(facts.items, facts.items[1:], strict=False)
    return tuple(item for before, item in pairs if before.means(DIRECTION) and item.text.isdigit() and int(item.text) <= _MOST_PLAIN_DB)


def _plain_db(facts: Facts) -> Amount | None:
    """Such a number is of decibels where the clause has no other amount."""
    numbers = _plain_number(facts)
    if len(numbers) != 1 or facts.of(PERCENT, INTERVAL, BARS) or not facts.who.named:
        return None
    return Amount(DB, float(numbers[0].text), numbers[0].start, numbers[0].end)


def _share_db(facts: Facts) -> float:
    share = facts.amount(PERCENT)
    if share and abs(share.value) < 100:
        return abs(20 * math.log10(1 + share.value / 100))
    return _LEVEL_DB[facts.degree]


def _bare_sign(facts: Facts) -> int:
    """The way of a direction that speaks of nothing else: "drums down", "more bass", "too much piano"."""
    others = [one for one in facts.turned if one.name != "loud"]
    if any(_qualifies(facts, at) for at, item in enumerate(facts.items) if item.means(DIRECTION)):
        return 0
    if facts.lowering and not others:
        return -1
    if others or facts.of(INTERVAL) or facts.verb("remove", "swap", "rewrite", "move", "harmony", "repeat") or facts.used:
        return 0
    if too := facts.mark("too"):
        following = next((item for item in facts.items if item.start >= too.end and not item.is_idle), None)
        return -1 if facts.who.named and (following is None or following.senses or following.kind != WORD) else 0
    if facts.mark("not"):
        return 1 if facts.mark("enough") else 0
    return facts.direction if facts.who.named or facts.direction else 0


def _qualifies(facts: Facts, at: int) -> bool:
    """Whether a direction belongs to a quality and not to the player: "more aggressive bass"."""
    if facts.items[at].text.lower() not in QUANTITIES:
        return False
    following = next((item for item in facts.items[at + 1 :] if not item.means(FILLER)), None)
    return following is not None and (following.means(MOOD) or not following.senses) and not following.is_player


def _is_it(facts: Facts) -> bool:
    """Whether "turn it up" is all that is said."""
    return any(
        item.text.lower() in ("it", "this", "volume", "lo", "le", "la", "es", "turn up", "crank up") for item in facts.items
    ) and bool([item for item in facts.items if item.means(DIRECTION)])


def space(facts: Facts) -> Iterator[Edit]:
    """More or less reverb or echo in some sections or bars."""
    if not facts.where.named or not facts.is_clear or facts.who.pieces:
        return
    for turned in facts.turned:
        if turned.name not in ("reverb", "echo") or any(facts.is_used(item) for item in turned.items[:1]):
            continue
        db = _NO_MORE_DB if turned.sign == NONE else turned.sign * _SPACE_DB[facts.degree]
        facts.use(*turned.items)
        facts.use_names()
        effect = "reverb" if turned.name == "reverb" else "echo"
        for sections, bars in facts.where.spots:
            yield SpaceEdit(effect=effect, parts=facts.parts, sections=sections, bars=bars, db=db)


def mix(facts: Facts) -> Iterator[Edit]:
    """Tone, width, space, drive: of parts, or of the whole."""
    if facts.where.named or not facts.is_clear or facts.who.pieces:
        return
    for turned in (*facts.turned, *_darkened(facts)):
        if any(facts.is_used(item) for item in turned.items[:1]):
            continue
        if facts.mark("only") and turned.noun and facts.who.parts and not facts.direction:
            continue  # "reverb only on the vocals" takes it from all others
        edits = _channels(facts, turned) if facts.who.named and not facts.who.all else _whole(facts, turned)
        if edits is None:
            continue
        facts.use(*turned.items)
        facts.use_names()
        yield MixEdit(mix=edits)


def _darkened(facts: Facts) -> Iterator[Turned]:
    """Of a player "darker" is a colour of the sound, not a feeling."""
    if facts.who.parts and not facts.who.all:
        dark = next((item for item in facts.items if item.means(MOOD, "dark") and not item.means(ATTRIBUTE)), None)
        if dark is not None:
            yield Turned("bright", -1, (dark,))


def _whole(facts: Facts, turned: Turned) -> MixEdits | None:
    """The whole mix, on top of the changes that are in force."""
    now, scale = facts.outline.mix.changes, _SCALE[facts.degree]
    if turned.name in _CHANGES:
        step = {name: turned.sign * scale * db for name, db in _CHANGES[turned.name].items()}
        if turned.sign == NONE:
            step = {name: (_REVERB_RANGE[0] if name == "reverb_db" else -3.0) for name in _CHANGES[turned.name]}
        return MixEdits(changes={name: _held(name, now.get(name, 0.0) + db) for name, db in step.items()})
    if turned.name in _FACTORS:
        name, factor = _FACTORS[turned.name]
        value = 0.0 if turned.sign == NONE else now.get(name, 1.0) * factor ** (turned.sign * scale)
        return MixEdits(changes={name: round(min(value, _MOST_FACTOR), 3)})
    if turned.name == "mono":
        return MixEdits(changes={"width": 0.0})
    if turned.name == "echo":
        old = facts.outline.mix.channels.get("return_delay", ChannelEdit())
        if turned.sign == NONE:
            return MixEdits(channels={"return_delay": ChannelEdit(mute=True)})
        return MixEdits(channels={"return_delay": ChannelEdit(level_db=old.level_db + turned.sign * 4 * scale)})
    return None


def _held(name: str, db: float) -> float:
    low, high = _REVERB_RANGE if name == "reverb_db" else (-_MOST_SHELF_DB, _MOST_SHELF_DB)
    return round(min(max(db, low), high), 2)


def _channels(facts: Facts, turned: Turned) -> MixEdits | None:
    """The parts' channels, each on top of what is stated of it."""
    edited = {}
    for name in facts.who.parts:
        fields = _channel(facts, turned, facts.outline.mix.channels.get(name, ChannelEdit()))
        if fields is None:
            return None
        edited[name] = ChannelEdit(**fields)
    return MixEdits(channels=edited)


def _channel(facts: Facts, turned: Turned, now: ChannelEdit) -> dict[str, Any] | None:
    degree, sign, scale = facts.degree, turned.sign, _SCALE[facts.degree]
    if turned.name == "reverb":
        if sign == NONE:
            return {"room_db": _NO_SEND_DB, "hall_db": _NO_SEND_DB}
        return {"reverb_db": now.reverb_db + sign * 5 * scale}
    if turned.name == "echo":
        return {"delay_db": _NO_SEND_DB if sign == NONE else _ECHO_DB[degree] if sign > 0 else _FAINT_ECHO_DB}
    if turned.name in ("wide", "mono"):
        wide = now.width if now.width is not None else 1.0
        return {"width": 0.0 if turned.name == "mono" or sign == NONE else round(min(wide * 1.4 ** (sign * scale), _MOST_FACTOR), 3)}
    if turned.name == "distort":
        drive = _DRIVE_DB[degree] if sign > 0 else 0.0
        return {"saturation_db": min((now.saturation_db or 0.0) + drive, 18.0) if sign > 0 else 0.0}
    if turned.name == "compress":
        return {"compression": Compression(ratio=_RATIO[degree] if sign > 0 else 1.0)}
    if turned.name == "pump":
        return {"duck_db": 6 * scale if sign > 0 else 0.0}
    if turned.name in _TONE:
        kind, hz, db = _TONE[turned.name]
        gain = round((sign or -1) * scale * db, 2)
        return {"effects": (*now.effects, Operation(effect="eq", parameters={"shape": kind, "hz": hz, "db": gain}))[-8:]}
    return None


def pan(facts: Facts) -> Iterator[Edit]:
    """Parts to a side."""
    side = next((name for name in _SIDES if facts.mark(name)), "")
    if not side or not facts.who.parts or facts.where.named or facts.who.pieces:
        return
    far = any(item.means(MARK, "hard") or (item.means(VERB, "pan") and item.text.lower() == "hard") for item in facts.items)
    amount = _SIDES[side] * (1.0 if far else _PAN.get(facts.degree, 0.5))
    facts.use_names()
    facts.use_where(lambda item: item.means(MARK, *_SIDES) or item.means(VERB, "pan", "light", "move") or item.means(MARK, "hard"))
    yield MixEdit(mix=MixEdits(channels={name: ChannelEdit(pan=amount) for name in facts.who.parts}))
