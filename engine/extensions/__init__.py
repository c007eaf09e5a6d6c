"""Parts beyond the core, a package each: ``from engine.extensions.bold import ...``."""

from engine.extensions import bold, hybrid

__all__ = ["bold", "hybrid"]
