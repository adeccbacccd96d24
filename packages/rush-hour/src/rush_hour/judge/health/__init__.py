"""Whether a machine is fit to measure on: facts in, what hinders and what to change out. Pure."""
