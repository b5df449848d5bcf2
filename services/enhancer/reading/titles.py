"""Titles: two or three words from the corner of the mood plane that the song lives in."""

from services.enhancer.reading.style_of import is_artist
from services.enhancer.reading.tables import table
from services.music.rng import rng


def title_for(prompt: str, seed: int, *, energy: float, valence: float) -> str:
    """A title that one prompt and seed always get. Never the name of an artist of the table."""
    words = table("titles")
    corner = words[f"{'bright' if valence >= 0.5 else 'dark'}_{'high' if energy >= 0.5 else 'low'}"]
    draw = rng(seed, "ideation", "title", prompt)
    title = ""
    for _ in range(8):
        pick = {name: str(draw.choice(options)) for name, options in (("adjective", corner["adjectives"]), ("noun", corner["nouns"]))}
        others = [noun for noun in corner["nouns"] if noun != pick["noun"]]
        pattern = str(draw.choice(words["patterns"]["all"]))
        title = pattern.format(**pick, other=str(draw.choice(others)), adverb=str(draw.choice(words["patterns"]["adverbs"])))
        if not is_artist(title):
            break
    return title
