"""Rush Hour: launches Python serving stacks, offers them a constant request rate, and says which of them hold."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("rush-hour")
