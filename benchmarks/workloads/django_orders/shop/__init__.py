"""The order book of a small shop, in Django: ORM, sessions in the database, CSRF, django.contrib.auth, migrations."""
