"""The service as a Django project."""
