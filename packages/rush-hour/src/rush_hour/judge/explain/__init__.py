"""What went wrong in a run, as those who saw it say: known signs of logs and counters, attributed. Pure."""
