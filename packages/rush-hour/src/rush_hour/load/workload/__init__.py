"""Requests: one over and over, a mix drawn by weights, or what a script says."""
