"""A ranking of servers: who is measured for how long, who goes on, who is better than whom. Pure."""
