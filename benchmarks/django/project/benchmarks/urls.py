"""The two resources."""

from django.urls import path

from benchmarks import views

urlpatterns = [
    path("index", views.index),
    path("agents", views.agents),
]
