"""Parts beyond the core, a package each: ``from engine.extensions.bold import ...``."""

from engine.extensions import bold

__all__ = ["bold"]
