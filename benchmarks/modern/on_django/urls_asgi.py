"""The same resources, of which one waits as a coroutine."""

from django.urls import path

from on_django import urls, views

urlpatterns = [path("wait", views.wait_as_coroutine), *urls.urlpatterns]
