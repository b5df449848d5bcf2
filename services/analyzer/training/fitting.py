"""Small models by gradient descent (Adam) in numpy: one of many, one of few classes, several flags."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_NEGATIVES = 90


class Adam:
    """Kingma & Ba, "Adam" (2015), the rate falling to a tenth over the run."""

    def __init__(self, weights: list[Floats], rate: float, steps: int) -> None:
        self.weights, self.rate, self.steps, self.step = weights, rate, steps, 0
        self.first = [np.zeros_like(w) for w in weights]
        self.second = [np.zeros_like(w) for w in weights]

    def descend(self, slopes: Sequence[Floats]) -> None:
        """One step, in place."""
        self.step += 1
        rate = self.rate * (1 - 0.9 * min(1.0, self.step / self.steps))
        for index, slope in enumerate(slopes):
            self.first[index] = 0.9 * self.first[index] + 0.1 * slope
            self.second[index] = 0.999 * self.second[index] + 0.001 * slope**2
            mean = self.first[index] / (1 - 0.9**self.step)
            self.weights[index] -= rate * mean / (np.sqrt(self.second[index] / (1 - 0.999**self.step)) + 1e-8)


def _some(rows: Floats, right: Flags, rng: np.random.Generator) -> tuple[Floats, Flags]:
    """All right rows and a draw of the wrong ones."""
    wrong = np.flatnonzero(~right)
    chosen = np.concatenate([np.flatnonzero(right), rng.permutation(wrong)[:_NEGATIVES]])
    return rows[chosen], right[chosen]


def fit_choice(sets: Sequence[tuple[Floats, Flags]], seed: int, hidden: int = 32, epochs: int = 70, batch: int = 16) -> dict[str, Floats]:
    """One of each set's rows is chosen: softmax over the set, any right row will do. Weights of `metre.BarModel`."""
    rng = np.random.default_rng(seed)
    every = np.concatenate([rows for rows, _ in sets])
    mean, scale = every.mean(axis=0), every.std(axis=0) + 0.05
    size = every.shape[1]
    weights = [rng.normal(0, size**-0.5, (size, hidden)), np.zeros(hidden), rng.normal(0, 0.3, hidden), np.zeros(size)]
    adam = Adam(weights, 4e-3, epochs * (len(sets) // batch + 1))
    for _ in range(epochs):
        order = rng.permutation(len(sets))
        for start in range(0, len(order), batch):
            picked = [_some(sets[i][0], sets[i][1], rng) for i in order[start : start + batch]]
            x = (np.concatenate([rows for rows, _ in picked]) - mean) / scale
            x = (x + rng.normal(0, 0.15, x.shape)) * ((rng.random(size) > 0.15) / 0.85)
            inner = np.tanh(x @ weights[0] + weights[1])
            score = inner @ weights[2] + x @ weights[3]
            pull, at = np.zeros(len(score)), 0
            for _, right in picked:
                part = score[at : at + len(right)]
                share = np.exp(part - part.max())
                share /= share.sum()
                wanted = share * right
                pull[at : at + len(right)] = (share - wanted / (wanted.sum() + 1e-12)) / len(picked)
                at += len(right)
            back = np.outer(pull, weights[2]) * (1 - inner**2)
            decay = 2e-3
            adam.descend(
                [x.T @ back + decay * weights[0], back.sum(axis=0), inner.T @ pull + decay * weights[2], x.T @ pull + decay * weights[3]]
            )
    return {"mean": mean, "scale": scale, "linear": weights[3], "hidden": np.hstack([weights[0].T, weights[1][:, None]]), "out": weights[2]}


def fit_classes(rows: Floats, index: npt.NDArray[np.int_], classes: int, decay: float = 0.02, steps: int = 900) -> dict[str, Floats]:
    """Softmax regression, rare classes weighed by the root of how rare they are. Weights of `bar_length.MeterModel`."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 0.03
    x = np.hstack([(rows - mean) / scale, np.ones((len(rows), 1))])
    wanted = np.eye(classes)[index]
    weight = (wanted.sum(axis=0) + 1)[index] ** -0.5
    weight /= weight.mean()
    weights = [np.zeros((classes, x.shape[1]))]
    adam = Adam(weights, 0.05, steps)
    for _ in range(steps):
        odds = x @ weights[0].T
        share = np.exp(odds - odds.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        slope = ((share - wanted) * weight[:, None]).T @ x / len(x)
        slope[:, :-1] += decay * weights[0][:, :-1]
        adam.descend([slope])
    return {"mean": mean, "scale": scale, "weights": weights[0]}


def fit_flags(rows: Floats, flags: Floats, epochs: int, hidden: int = 32, batch: int = 256) -> dict[str, Floats]:
    """Several independent yes-or-no answers. Weights of `drum_ears.Layer`."""
    rng = np.random.default_rng(0)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 0.05
    x = ((rows - mean) / scale).astype(np.float32)
    size, kinds = x.shape[1], flags.shape[1]
    weights = [
        rng.normal(0, size**-0.5, (size, hidden)),
        np.zeros(hidden),
        rng.normal(0, 0.2, (hidden, kinds)),
        np.zeros(kinds),
        np.zeros((size, kinds)),
    ]
    adam = Adam(weights, 3e-3, epochs * (len(x) // batch + 1))
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(order), batch):
            picked = order[start : start + batch]
            part = x[picked] + rng.normal(0, 0.1, (len(picked), size))
            inner = np.tanh(part @ weights[0] + weights[1])
            pull = (1 / (1 + np.exp(-(inner @ weights[2] + part @ weights[4] + weights[3]))) - flags[picked]) / len(picked)
            back = (pull @ weights[2].T) * (1 - inner**2)
            adam.descend(
                [
                    part.T @ back + 1e-4 * weights[0],
                    back.sum(axis=0),
                    inner.T @ pull + 1e-4 * weights[2],
                    pull.sum(axis=0),
                    part.T @ pull + 1e-4 * weights[4],
                ]
            )
    return {
        "mean": mean, "scale": scale, "hidden": np.hstack([weights[0].T, weights[1][:, None]]), "out": weights[2].T,
        "linear": np.hstack([weights[4].T, weights[3][:, None]]),
    }  # fmt: skip
