"""Processes as the kernel knows them: their memory, their stacks, their orphans."""
