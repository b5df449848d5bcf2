"""Taste is learned as the model says: toward what is liked, more surely with each judgement, and only where something differs."""

import itertools

import numpy as np
import pytest

from contracts.errors import BadInput
from contracts.preferences import Facts, Feedback, Preferences
from services.enhancer.taste.leaning import likely
from services.enhancer.taste.learning import appeal, belief, learn, number
from services.enhancer.taste.telling import told

GENRES, PLAYERS = ("house", "jazz", "folk", "metal"), ("acoustic_piano", "violin", "synthesizer", "saxophone", "electric_guitar")


def song(genre: str, *players: str, tempo: float = 0.0) -> Facts:
    """A song of one style; `tempo` in octaves from its style."""
    return Facts(names={"genre": (genre,), "instrument": players}, numbers={"tempo": tempo})


def rated(liked: Facts, rating: int) -> Feedback:
    return Feedback(kind="rating", rating=rating, liked=liked)


def after(*judgements: Feedback) -> Preferences:
    model = Preferences()
    for judgement in judgements:
        model = learn(model, judgement)
    return model


def test_each_rating_makes_the_belief_surer_and_draws_it_to_the_judgement() -> None:
    """Variance falls with every rating; the mean goes up for fives, down for ones, and told() says which."""
    beliefs = [belief(after(*[rated(song("house"), 5)] * n), "genre", "house") for n in range(5)]
    assert all(a.variance > b.variance for a, b in itertools.pairwise(beliefs))
    assert all(a.mean < b.mean for a, b in itertools.pairwise(beliefs))
    down = after(*[rated(song("metal"), 1)] * 3)
    assert belief(down, "genre", "metal").mean < -0.1
    assert any("dislikes genre metal" in line for line in told(down))


def test_a_choice_teaches_only_what_differs() -> None:
    """Two house songs that differ by an instrument: nothing is learned of house, the chosen instrument rises, the other falls."""
    choice = Feedback(kind="choice", liked=song("house", "violin"), other=song("house", "synthesizer"))
    learned = after(choice)
    assert "genre" not in learned.names
    assert belief(learned, "instrument", "violin").mean > 0 > belief(learned, "instrument", "synthesizer").mean
    same = Feedback(kind="choice", liked=song("house", "violin"), other=song("house", "violin"))
    assert learn(learned, same).names == learned.names


def test_whoever_gives_everything_a_five_teaches_a_habit_and_little_taste() -> None:
    """After forty fives over all styles the habit explains more than any style."""
    model = after(*[rated(song(GENRES[n % 4], PLAYERS[n % 5]), 5) for n in range(40)])
    habit = model.names["habit"]["habit"].mean
    assert habit > max(one.mean for one in model.names["genre"].values())


def test_the_ideal_tempo_goes_where_liked_songs_stand() -> None:
    """Songs liked at a fifth slower than their style: the belief nears log2(0.8) and stays within its own three deviations."""
    truth = float(np.log2(0.8))
    model = after(*[rated(song("house", tempo=truth + 0.02 * d), 5) for d in (-1, 0, 1, 0, -1, 1, 0, 0)])
    one = number(model, "tempo")
    assert abs(one.mean - truth) < 3 * one.variance**0.5
    assert one.mean < 0.8 * truth


@pytest.mark.parametrize("seed", range(4))
def test_a_hidden_taste_is_found_from_choices(seed: int) -> None:
    """A listener with hidden weights chooses among 120 random pairs with noise: over 80 % of unseen pairs are foretold.

    The strongest like or dislike has the right sign.
    """
    draw = np.random.default_rng(seed)
    weights = {name: float(draw.normal(0, 0.6)) for name in (*GENRES, *PLAYERS)}

    def some() -> Facts:
        return song(str(draw.choice(GENRES)), *(str(p) for p in draw.choice(PLAYERS, 2, replace=False)))

    def worth(one: Facts) -> float:
        return weights[one.names["genre"][0]] + sum(weights[p] for p in one.names["instrument"]) / 2**0.5

    model = Preferences()
    for _ in range(120):
        pair = sorted((some(), some()), key=lambda one: -worth(one) - float(draw.normal(0, 0.1)))
        model = learn(model, Feedback(kind="choice", liked=pair[0], other=pair[1]))
    unseen = [(some(), some()) for _ in range(300)]
    apart = [(a, b) for a, b in unseen if abs(worth(a) - worth(b)) > 0.1]
    right = [(appeal(model, a) > appeal(model, b)) == (worth(a) > worth(b)) for a, b in apart]
    assert np.mean(right) > 0.8
    strongest = max(PLAYERS, key=lambda p: abs(weights[p] - np.mean([weights[q] for q in PLAYERS])))
    side = weights[strongest] > np.mean([weights[q] for q in PLAYERS])
    assert (likely(belief(model, "instrument", strongest)) > 0.5) == side


def test_an_unfinished_judgement_is_refused() -> None:
    """A rating without a number and a choice without the other song name what is missing."""
    with pytest.raises(BadInput, match="rating"):
        learn(Preferences(), Feedback(kind="rating", liked=song("house")))
    with pytest.raises(BadInput, match="other"):
        learn(Preferences(), Feedback(kind="choice", liked=song("house")))
