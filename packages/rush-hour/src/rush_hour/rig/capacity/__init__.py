"""A capacity measured: the runs that a search asks for, made one after the other, and what they say together."""
