"""The search for a capacity: which rate to try next, when to stop, what was found. Pure: verdicts in, rates out."""
