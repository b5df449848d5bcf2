"""Hearing a song before it is made, quick copies of what is made, and how long it will take."""
