"""What all tests share: no timing decides a test."""

from hypothesis import settings

settings.register_profile("project", deadline=None)
settings.load_profile("project")
