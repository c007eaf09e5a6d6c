"""The engine in a process of its own.

In: a document and the user's commands (run, pause, step, reset, stop). Out: the state of the simulation as
Qt signals, and what is recorded as growing arrays that the plots read. ``process``, ``publisher``,
``protocol`` and ``rings`` are what the other process is made of; they know no Qt.
"""
