"""wrk2's text: a run as wrk2 would print it, and back."""
