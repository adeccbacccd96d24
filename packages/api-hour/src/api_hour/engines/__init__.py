"""Engines: where the data comes from. One module for each kind of data source.

`Engine` is the base of all, `PooledEngine` of those that lend out connections: see `engine.py` and `pooled.py`.
"""

from api_hour.engines.engine import Engine
from api_hour.engines.errors import EngineUnavailable
from api_hour.engines.pooled import PooledEngine
from api_hour.engines.status import EngineStatus, Patience

__all__ = ["Engine", "EngineStatus", "EngineUnavailable", "Patience", "PooledEngine"]
