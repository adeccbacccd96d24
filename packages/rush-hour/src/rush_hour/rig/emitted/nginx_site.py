"""The site of nginx before a server. Pure."""

from rush_hour.rig.emitted.deployment import HOST, PORT, Deployment

_SITE = """\
# Before {title}: a file for /etc/nginx/sites-enabled, or included within `http`.

upstream {name} {{
    server {host}:{port};
    keepalive 64;
}}

server {{
    listen {listen};
    server_name _;

    location / {{
        proxy_pass http://{name};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }}
}}
"""


def nginx_site(deployment: Deployment, *, listen: str = "80", upstream_port: int = PORT) -> str:
    """Return the text of the site.

    Args:
        deployment: what is behind it.
        listen: where it listens.
        upstream_port: where the server does.
    """
    return _SITE.format(title=deployment.title, name=deployment.name, host=HOST, port=upstream_port, listen=listen)
