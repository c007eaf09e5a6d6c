"""The compiled core: aligned buffers, loaded networks and sparse index arithmetic.

In come a shared library and the arrays that it works on; out come the arrays, some steps later.
"""
