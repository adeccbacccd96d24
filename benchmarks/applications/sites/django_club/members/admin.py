"""Members in the admin."""

from django.contrib import admin

from members.models import Member

admin.site.register(Member, search_fields=["name"], list_display=["name", "portrait"])
