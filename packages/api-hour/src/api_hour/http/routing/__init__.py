"""Routing: the handler of a method and path, and the layers around it."""
