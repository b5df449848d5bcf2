"""Taste in words: what was learned, how sure, and from how many judgements."""

from contracts.preferences import Belief, Preferences
from services.enhancer.taste.leaning import LEAST_LIKING, likely
from services.enhancer.taste.learning import NUMBERS, TOPICS

_MOST_LINES = 40
_SAID = {
    "tempo": ("slower than its style", "faster than its style", 0.03),
    "energy": ("calmer than its style", "more energetic than its style", 0.03),
    "valence": ("darker than its style", "brighter in mood than its style", 0.03),
    "duration": ("shorter than two minutes", "longer than two minutes", 0.1),
}


def told(preferences: Preferences) -> tuple[str, ...]:
    """What the model believes, strongest first; one line that says so where it knows nothing yet."""
    named = [
        (abs(one.mean), _liking(topic, name, one))
        for topic in TOPICS
        for name, one in sorted(preferences.names.get(topic, {}).items())
        if abs(one.mean) >= LEAST_LIKING
    ]
    placed = [line for name in NUMBERS if (line := _place(name, preferences.numbers.get(name)))]
    lines = [line for _, line in sorted(named, key=lambda one: -one[0])][:_MOST_LINES]
    return (*lines, *placed) or (f"Nothing is known yet: {preferences.judgements} judgements so far.",)


def _liking(topic: str, name: str, one: Belief) -> str:
    sure = likely(one)
    verb, chance = ("likes", sure) if one.mean > 0 else ("dislikes", 1 - sure)
    return f"{verb} {topic} {name.replace('_', ' ')} ({chance:.0%} sure, {_counted(one)})"


def _place(name: str, one: Belief | None) -> str:
    below, above, least = _SAID[name]
    if one is None or abs(one.mean) < least:
        return ""
    amount = f"{abs(2**one.mean - 1):.0%}" if name in ("tempo", "duration") else f"{abs(one.mean):.2f} of 1"
    return f"likes {name} {above if one.mean > 0 else below}, by {amount} ({_counted(one)})"


def _counted(one: Belief) -> str:
    return f"{one.count} judgement{'s' if one.count != 1 else ''}"
