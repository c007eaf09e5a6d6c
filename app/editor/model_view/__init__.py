"""What becomes of equations: as mathematics, as the update of one step, as C++; to look at, not to edit.

In: a session, whose selection says which model is shown. Out: nothing but text that can be copied.
"""

from app.editor.model_view.dock import ModelDock

__all__ = ["ModelDock"]
