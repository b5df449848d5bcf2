"""Amounts and places as they are said in Japanese and Chinese: intervals, bars, tempos, steps of the two."""

import re
from collections.abc import Iterator

from services.enhancer.instructing.amounts_kinds import BARS, BPM, INTERVAL, RANGE, SECONDS, Amount
from services.enhancer.reading.text import Text

_DIGITS = {"一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "半": 0.5}
_N = r"(?P<{}>\d{{1,4}}|[一二两兩三四五六七八九十])"
_BAR = r"(?:小節|小节)"
_RANGE = re.compile(rf"第?{_N.format('a')}{_BAR}?目?\s*(?:から|到|至|~|〜|～|-)\s*第?{_N.format('b')}{_BAR}目?(?:まで)?")
_EDGE = re.compile(
    rf"(?:(?P<first>最初の|最初|冒頭の?|開頭的?|开头的?|头|前)|(?P<last>最後の|最後|最后的?|末尾的?|ラスト))\s*{_N.format('n')}\s*(?:个)?{_BAR}"
)
_HALF = re.compile(r"(?P<first>前半分?|前半段|前一半)|(?P<last>後半分?|後半段|后半段?|后一半)")
_COUNT = re.compile(rf"{_N.format('n')}\s*(?:个)?{_BAR}")
_INTERVAL = re.compile(
    r"(?P<n>\d{1,2}|[一二两三四五六七八])?\s*(?:个|つ)?(?P<unit>半音|半个音|半度|全音|音(?=[上下高低升降])|オクターブ|八度)\s*(?:分|ぶん)?"
)
_SIZES = {"半音": 1, "半个音": 1, "半度": 1, "全音": 2, "音": 2, "オクターブ": 12, "八度": 12}
_UP, _DOWN = re.compile(r"上げ|上が|アップ|高く|升|上|高|提"), re.compile(r"下げ|下が|ダウン|低く|降|下|低|落")
_TEMPO = re.compile(
    r"(?:テンポ|速度|BPM|bpm)\s*(?:を|は|改成|改为|改到|调到|调成|到|为|=|:|设为|设成)?\s*(?P<n>\d{2,3})(?!\d|小)\s*(?:bpm|BPM)?"
)
_SECONDS = re.compile(r"(?:(?P<m>\d{1,2}|[一二两三四五])\s*(?:分钟|分鐘|分))?(?P<half>半)?\s*(?:(?P<s>\d{1,3})\s*秒)?")
_NEAR = 8


def asian_amounts(text: Text) -> Iterator[Amount]:
    """All of them, the longer ones first; of those that overlap the first counts."""
    for m in _TEMPO.finditer(text.lower):
        yield Amount(BPM, float(m["n"]), *m.span(), edge="to")
    for m in _RANGE.finditer(text.lower):
        yield Amount(RANGE, _number(m["a"]), *m.span(), other=_number(m["b"]))
    for m in _EDGE.finditer(text.lower):
        yield Amount(RANGE, _number(m["n"]), *m.span(), edge="first" if m["first"] else "last")
    for m in _HALF.finditer(text.lower):
        yield Amount(RANGE, 0.0, *m.span(), edge="first" if m["first"] else "last", share=0.5)
    for m in _COUNT.finditer(text.lower):
        yield Amount(BARS, _number(m["n"]), *m.span())
    yield from _intervals(text)
    for m in _SECONDS.finditer(text.lower):
        if m["m"] or m["s"]:
            yield Amount(SECONDS, 60 * _number(m["m"] or "0") + (30 if m["half"] else 0) + float(m["s"] or 0), *m.span())


def _intervals(text: Text) -> Iterator[Amount]:
    """A size with its direction beside it: 半音下げて, 降半个音."""
    for m in _INTERVAL.finditer(text.lower):
        after, before = text.lower[m.end() : m.end() + _NEAR], text.lower[max(m.start() - _NEAR, 0) : m.start()]
        signs = [(found.start(), sign) for sign, way in ((1, _UP), (-1, _DOWN)) if (found := way.search(after))]
        signs = signs or [(-found.end(), sign) for sign, way in ((1, _UP), (-1, _DOWN)) for found in way.finditer(before)]
        count = _number(m["n"]) if m["n"] else 1.0
        if signs and count >= 1:
            yield Amount(INTERVAL, count * _SIZES[m["unit"]] * min(signs)[1], *m.span())


def _number(said: str) -> float:
    return float(said) if said.isdigit() else float(_DIGITS[said])
