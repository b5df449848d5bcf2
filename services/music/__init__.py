"""What music is: theory, score, audio measures, genre packs. Pure."""
