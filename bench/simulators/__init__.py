"""What runs a case: one module for each simulator, with ``run(setting)``.

Cases of the engine and of ANNarchy are in ``cases``; those of simulators with other APIs are in their
modules, by name.
"""
