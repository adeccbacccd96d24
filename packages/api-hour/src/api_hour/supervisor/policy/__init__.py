"""The supervisor's decisions. Pure: events and the time come in, actions come out."""
