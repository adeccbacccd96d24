"""Files that are watched while the daemon serves: certificates, and for development the sources."""
