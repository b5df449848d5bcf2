"""Learning taste from judgements, one at a time: beliefs are independent Gaussians, and each update can be told in words.

A song's appeal is the sum of the weights of what is in it. A rating observes that sum with noise (the Kalman update with a
diagonal covariance); a choice says that one sum is larger than another (Bayesian probit regression by assumed-density
filtering: Graepel et al., "Web-Scale Bayesian Click-Through Rate Prediction", ICML 2010, eqs. 8-10; Herbrich et al., "TrueSkill",
NIPS 2006). Numbers have an ideal point, observed in songs that were liked (conjugate normal update). Judgements commute
only nearly; they are folded in the order in which they came, so the same judgements give the same model.
"""

import math
from statistics import NormalDist

from contracts.errors import BadInput
from contracts.preferences import FARTHEST, Belief, Facts, Feedback, Preferences

NUMBERS = {"tempo": 0.25, "energy": 0.2, "valence": 0.2, "duration": 0.5}
"""Prior deviation of each: tempo and duration in octaves, energy and valence on their scales of 0 to 1."""
TOPICS = ("genre", "mood", "instrument", "mode", "meter")
PRIOR = Belief(mean=0.0, variance=0.25)
HABIT = "habit"
"""Topic of how high this user rates at all, so that someone who gives everything a five teaches no taste by it."""
RATING_NOISE = 0.15
CHOICE_NOISE = 0.3
_TRUST = {5: 1.0, 4: 2.0}
_TRUST_CHOICE, _TRUST_EDIT = 1.5, 0.5
_LEAST_DIFFERENCE = 0.02
_SURE_BELOW = -8.0
"""Below this many deviations the probit's correction equals its asymptote to the last bits."""
_NORMAL = NormalDist()
Weights = dict[tuple[str, str], float]


def weights_of(facts: Facts) -> Weights:
    """How much of each name is in a song: the leading genre counts full, further ones half; moods and players share their topic."""
    found: Weights = {}
    for topic in TOPICS:
        names = facts.names.get(topic, ())
        for place, name in enumerate(names):
            share = (1.0 if place == 0 else 0.5) if topic == "genre" else 1 / math.sqrt(len(names))
            found[topic, name] = max(share, found.get((topic, name), 0.0))
    return found


def belief(preferences: Preferences, topic: str, name: str) -> Belief:
    """What is believed of a name; the prior where nothing was learned."""
    return preferences.names.get(topic, {}).get(name, PRIOR)


def number(preferences: Preferences, name: str) -> Belief:
    """What is believed of a number's ideal distance from its style."""
    return preferences.numbers.get(name, Belief(mean=0.0, variance=NUMBERS[name] ** 2))


def appeal(preferences: Preferences, facts: Facts) -> float:
    """Expected appeal of a song, about −1 to 1: what a rating of it would be on that scale, without the user's habit."""
    return sum(weight * belief(preferences, *name).mean for name, weight in weights_of(facts).items())


def learn(preferences: Preferences, feedback: Feedback) -> Preferences:
    """The model after one more judgement. Raises BadInput where the judgement is not whole."""
    if feedback.kind == "rating":
        if feedback.rating is None:
            raise BadInput("rating", None, "1 to 5")
        learned = _rated(preferences, feedback.liked, feedback.rating)
        trust = _TRUST.get(feedback.rating)
        learned = _placed(learned, _but_length(feedback.liked), trust) if trust else learned
    else:
        if feedback.other is None:
            raise BadInput("other", None, "the song that was liked less")
        learned = _chosen(preferences, feedback.liked, feedback.other)
        trust = _TRUST_EDIT if feedback.kind == "edit" else _TRUST_CHOICE
        learned = _placed(learned, _changed(feedback.liked, feedback.other), trust)
    return learned.model_copy(update={"judgements": preferences.judgements + 1})


def _rated(preferences: Preferences, liked: Facts, rating: int) -> Preferences:
    weights = weights_of(liked) | {(HABIT, HABIT): 1.0}
    now = {name: belief(preferences, *name) for name in weights}
    spread = sum(weight**2 * now[name].variance for name, weight in weights.items()) + RATING_NOISE
    surprise = (rating - 3) / 2 - sum(weight * now[name].mean for name, weight in weights.items())
    new = {}
    for name, weight in weights.items():
        gain = weight * now[name].variance / spread
        new[name] = _moved(now[name], gain * surprise, 1 - gain * weight)
    return _with(preferences, new)


def _chosen(preferences: Preferences, liked: Facts, other: Facts) -> Preferences:
    """Only what differs between the two can have decided."""
    better, worse = weights_of(liked), weights_of(other)
    difference = {name: better.get(name, 0.0) - worse.get(name, 0.0) for name in sorted({*better, *worse})}
    difference = {name: value for name, value in difference.items() if value}
    now = {name: belief(preferences, *name) for name in difference}
    spread = math.sqrt(sum(value**2 * now[name].variance for name, value in difference.items()) + CHOICE_NOISE)
    lead = sum(value * now[name].mean for name, value in difference.items()) / spread
    push = _NORMAL.pdf(lead) / _NORMAL.cdf(lead) if lead > _SURE_BELOW else -lead
    shrink = push * (push + lead)
    new = {
        name: _moved(now[name], value * now[name].variance / spread * push, 1 - value**2 * now[name].variance / spread**2 * shrink)
        for name, value in difference.items()
    }
    return _with(preferences, new)


def _but_length(liked: Facts) -> Facts:
    """Without the length: a rating does not speak of it, and most requests state it for a use."""
    return Facts(numbers={name: value for name, value in liked.numbers.items() if name != "duration"})


def _changed(liked: Facts, other: Facts) -> Facts:
    """The liked song's numbers where they differ from the other's: only there was something to choose."""
    differ = {n: v for n, v in liked.numbers.items() if abs(v - other.numbers.get(n, v)) > _LEAST_DIFFERENCE}
    return Facts(numbers=differ)


def _placed(preferences: Preferences, liked: Facts, trust: float) -> Preferences:
    """The ideal points, drawn to where a liked song stood; `trust`: observation variance over prior variance."""
    found = dict(preferences.numbers)
    for name, value in sorted(liked.numbers.items()):
        if name not in NUMBERS:
            continue
        now = number(preferences, name)
        noise = trust * NUMBERS[name] ** 2
        gain = now.variance / (now.variance + noise)
        found[name] = _moved(now, gain * (value - now.mean), 1 - gain)
    return preferences.model_copy(update={"numbers": found})


def _moved(now: Belief, by: float, keeps: float) -> Belief:
    mean = min(max(now.mean + by, -FARTHEST), FARTHEST)
    return Belief(mean=round(mean, 6), variance=max(round(now.variance * keeps, 6), 1e-4), count=now.count + 1)


def _with(preferences: Preferences, new: dict[tuple[str, str], Belief]) -> Preferences:
    names = {topic: dict(known) for topic, known in preferences.names.items()}
    for (topic, name), one in new.items():
        names.setdefault(topic, {})[name] = one
    return preferences.model_copy(update={"names": names})
