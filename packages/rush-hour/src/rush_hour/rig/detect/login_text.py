"""What a suite says of sessions to who has none yet: an example for the framework, commented out."""

_HEAD = """\
# Who must log in before the others answer: each connection is a user with cookies of its own, and sends these requests
# once, before the load. What `take` takes of an answer stands for {{name}} in what follows.
#
# [session]
# data = "users.csv"              # its columns are values too, such as user and password; each connection has a row
#
"""

_FORM = """\
# [[session.requests]]
# method = "POST"
# path = "/login"
# form = { username = "{{user}}", password = "{{password}}" }
# expect = { status = 302 }
"""

_CSRF = """\
# [[session.requests]]
# path = "/accounts/login/"
# take = { csrf = { cookie = "csrftoken" } }
#
# [[session.requests]]
# method = "POST"
# path = "/accounts/login/"
# form = { username = "{{user}}", password = "{{password}}", csrfmiddlewaretoken = "{{csrf}}" }
# expect = { status = 302 }
# take = { csrf = { cookie = "csrftoken" } }   # another one, for requests with headers = { X-CSRFToken = "{{csrf}}" }
"""

_BEARER = """\
# [[session.requests]]
# method = "POST"
# path = "/token"
# form = { username = "{{user}}", password = "{{password}}" }
# take = { token = { json = "/access_token" } }   # for requests with headers = { Authorization = "Bearer {{token}}" }
"""

_EXAMPLES = {"channels": _CSRF, "django": _CSRF, "fastapi": _BEARER, "litestar": _BEARER}


def login_text(framework: str) -> str:
    """Return the example."""
    return _HEAD + _EXAMPLES.get(framework, _FORM)
