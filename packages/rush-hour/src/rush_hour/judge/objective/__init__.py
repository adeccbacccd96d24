"""Objectives: what a run must keep, in one grammar for all commands. Pure: a text and a run in, findings out."""
