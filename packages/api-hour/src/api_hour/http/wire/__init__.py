"""HTTP as bytes: heads, framing, and what proxies say. Pure: no clock, no socket."""
