"""Processes that the rig starts, keeps and ends: servers, nginx, PostgreSQL, errands; and what they run in."""
