"""Real footage cut, stopped, turned back, covered and asked about: truth that needs no labels."""
