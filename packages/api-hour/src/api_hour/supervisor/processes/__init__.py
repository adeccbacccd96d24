"""What the supervisor knows of processes from the kernel: their memory, their stacks, their orphans."""
