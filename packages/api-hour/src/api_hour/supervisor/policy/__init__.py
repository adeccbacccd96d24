"""What the supervisor decides. Pure: what happened and the time come in, what is to be done comes out."""
