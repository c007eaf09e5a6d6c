"""The drawing of the network: a view of the document that reports gestures and changes nothing itself.

In: documents (:meth:`Canvas.show_document`) and a selection; out: signals that name objects by the
document's ids. Only this folder knows NodeGraphQt, and only its drawing layer: viewer, scene, ports, pipes.
"""

from app.editor.canvas.binding import use_pyside

use_pyside()  # before anything imports NodeGraphQt

from app.editor.canvas.canvas import Canvas  # noqa: E402

__all__ = ["Canvas"]
