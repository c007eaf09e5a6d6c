"""A second statement of what a network computes, and generated networks that compare the engine with it.

The simulator in this package is slow and obvious. It takes the checked trees of ``engine.language`` and drawn
synapses, and shares nothing else with the engine: neither discretisation nor generated code nor step order.
"""
