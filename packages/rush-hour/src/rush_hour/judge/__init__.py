"""Judgement: from results to conclusions. Pure."""
