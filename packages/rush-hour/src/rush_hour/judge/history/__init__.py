"""Histories: what many documents of one thing say together. Pure: points in, change points out."""
