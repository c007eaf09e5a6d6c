"""Makes NodeGraphQt's layer over Qt bindings (Qt.py) use PySide6, and only the modules that are drawn with.

By itself it imports every module of Qt, which takes long and complains where one lacks a system library;
``QtSiteConfig`` is the hook that it offers for this.
"""

import os
import sys
import types

_NEEDED = {"QtCore", "QtGui", "QtWidgets", "QtSvg"}


def _keep_needed(members: dict[str, list[str]]) -> None:
    for name in members.keys() - _NEEDED:
        del members[name]


def use_pyside() -> None:
    """To be called before NodeGraphQt is imported for the first time."""
    site_config = types.ModuleType("QtSiteConfig")
    site_config.update_members = _keep_needed  # type: ignore[attr-defined]
    os.environ["QT_PREFERRED_BINDING"] = "PySide6"
    sys.modules["QtSiteConfig"] = site_config
