"""Texts that deploy a server as it was measured: a unit of systemd, a site of nginx, a Dockerfile, a suite. Pure."""
