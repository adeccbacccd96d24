"""Who is in the club."""

from django.db import models


class Member(models.Model):
    """A member, with a portrait."""

    name = models.CharField(max_length=50, unique=True)
    portrait = models.FileField(upload_to="portraits", blank=True)

    def __str__(self) -> str:
        """Return the name."""
        return self.name
