"""What a run becomes: a terminal summary, wrk2's text, a result file. Nothing here measures or judges."""
