"""Profiles of load: rates that change over a run, phase by phase. Pure."""
