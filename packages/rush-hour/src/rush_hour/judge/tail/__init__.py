"""The tail: why the slowest answers of a run are slow, as far as that is known. Pure: a run in, findings out."""
