"""The language model as a second reader: it proposes, checked values are taken, and what was stated stands."""
