"""Build of the compiled part of the engine; everything else is in pyproject.toml."""

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

COMPILED = ["engine.runtime.core", "engine.runtime.sparse", "engine.runtime.patterns"]


def extension(module: str) -> Extension:
    """The C++ extension of a Cython module; contraction is off so that all machines give the same bits."""
    return Extension(
        module,
        [module.replace(".", "/") + ".pyx"],
        language="c++",
        include_dirs=[numpy.get_include(), "engine/runtime"],
        depends=["engine/runtime/patterns.hpp", "engine/runtime/draws.hpp", "engine/runtime/sparse.hpp"],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
        extra_compile_args=["-O3", "-std=c++17", "-ffp-contract=off"],
    )


setup(ext_modules=cythonize([extension(module) for module in COMPILED], build_dir="build/cython", quiet=True))
