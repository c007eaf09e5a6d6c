"""Projects: the document that the window edits, from the file on disk to a network that runs.

In: edits, files and the texts of models. Out: checked documents (:mod:`~engine.project.document`), the
problems in them (:mod:`~engine.project.check`), networks (:mod:`~engine.project.build`) and what these
recorded. Nothing here knows the window, and nothing in a file is ever executed.
"""
