"""The load generator: a plan, the processes that carry it out, and the event loop in each of them."""
