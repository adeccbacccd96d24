"""The rig: starts a serving stack with its real parts, watches what it uses, and stops everything again."""
