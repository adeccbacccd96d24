"""The URLs."""

from django.contrib import admin
from django.urls import path
from members import views

urlpatterns = [
    path("", views.index),
    path("admin/", admin.site.urls),
    path("upload", views.upload),
    path("digest", views.digest),
    path("members/<int:number>", views.member),
    path("portrait/<int:number>", views.portrait),
    path("lines/<int:number>", views.lines),
    path("nothing", views.nothing),
    path("waits", views.waits),
    path("crash", views.crash),
]
