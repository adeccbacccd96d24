"""The resources."""

from django.urls import path

from on_django import views

urlpatterns = [
    path("agents", views.agents),
    path("json", views.json),
    path("queries", views.queries),
    path("update", views.update),
    path("upload", views.upload),
    path("download", views.download),
    path("wait", views.wait),
]
