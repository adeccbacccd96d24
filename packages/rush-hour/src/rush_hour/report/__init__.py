"""Reports of runs and benches: on a terminal, as wrk2's text, as files. Nothing here measures or judges."""
