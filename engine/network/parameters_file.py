"""Parameters as JSON files, and the XML files that came before them."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.files.errors import FileError
from engine.files.whole import save_whole
from engine.network.attributes import is_number
from engine.network.constant import Constant, get_constant

if TYPE_CHECKING:
    from engine.network.network import Network
    from engine.network.population import Population
    from engine.network.projection import Projection

Filename = str | PathLike[str]


class SavedParameters:
    """How the parameters of a network are kept in files."""

    def save_parameters(self, filename: Filename) -> None:
        """Save the initial values of all parameters and variables with one value for a whole population or
        projection, and the Constants, as JSON."""
        network: Network = self  # type: ignore[assignment]
        content = {
            "populations": {p.name: _global_values(p) for p in network.populations},
            "projections": {p.name: _global_values(p) for p in network.projections},
            "network": {},
            "constants": {name: float(value) for name, value in network.constants.items()},
        }
        text = json.dumps(content, indent=4)
        save_whole(filename, lambda file: file.write(text.encode()))

    def load_parameters(
        self, filename: Filename, global_only: bool = True, verbose: bool = False
    ) -> dict[str, float]:
        """Set parameters from a JSON file of :meth:`save_parameters`, before or after compile.

        Parameters
        ----------
        filename : str or path
        global_only : bool
            Set only parameters with one value for a whole population or projection. Otherwise local ones,
            too: all neurons or synapses get the one value of the file.
        verbose : bool
            Print every change.

        Returns
        -------
        dict of str -> float
            What the file has under ``"network"``.

        Notes
        -----
        What is no such parameter is skipped with a printed line. Constants are changed, or created.
        """
        network: Network = self  # type: ignore[assignment]
        content = _read(filename)
        if verbose:
            print(f"Loading parameters from file {filename} ")
            print("-" * 40, "")
        for name, value in _section(filename, content, "constants").items():
            _set_constant(network, name, _number(filename, f"constants.{name}", value))
        for kind, find in (("population", network.get_population), ("projection", network.get_projection)):
            for name, values in _section(filename, content, f"{kind}s").items():
                obj: Any = find(name)
                if obj is None:
                    network.warn(
                        f"The {kind} {name} defined in the file {filename} does not exist in the current "
                        "network."
                    )
                    continue
                if verbose:
                    print(f"{kind.capitalize()} {name} ")
                _set_parameters(obj, values, global_only, verbose, filename)
        extra = _section(filename, content, "network")
        return {name: _number(filename, f"network.{name}", value) for name, value in extra.items()}


def load_parameter(in_file: Filename) -> dict[str, Any]:
    """Read an XML file of ``<parameter><name>..</name><value>..</value></parameter>`` elements (deprecated).

    Use :func:`load_parameters` and JSON files instead.

    Returns
    -------
    dict of str -> float or str
    """
    import xml.etree.ElementTree as ElementTree

    print("WARNING: load_parameter() is deprecated. Use load_parameters() and JSON files instead. ")
    text = _text(in_file)
    if "<!DOCTYPE" in text:
        raise FileError(f"The file {in_file} is not read: it declares a document type.")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as fault:
        raise FileError(f"Unable to read the file {in_file}: it is no XML ({fault}).") from fault
    found: dict[str, Any] = {}
    for element in root.iter("parameter"):
        name, value = element.findtext("name"), element.findtext("value")
        if name is None or value is None or len(element) != 2:
            raise FileError(f"Unable to read the file {in_file}: a parameter needs one name and one value.")
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = value
    return found


def _global_values(obj: Population | Projection) -> dict[str, Any]:
    values = {}
    for attribute in obj._attributes.values():
        if attribute.locality == "global":
            value: Any = obj.init.get(attribute.name)
            if is_number(value):
                values[attribute.name] = np.asarray(value).item()
            elif attribute.name != "w":
                obj.network.warn(
                    f"{obj.name}.{attribute.name} is not drawn before compile() and is not saved."
                )
    return values


def _set_parameters(
    obj: Population | Projection, values: Any, global_only: bool, verbose: bool, filename: Filename
) -> None:
    if not isinstance(values, dict):
        raise FileError(f"{filename}: {obj.name} needs values by name.")
    for name, value in values.items():
        attribute = obj._attributes.get(name)
        local = attribute is not None and attribute.locality != "global"
        if attribute is None or not attribute.is_parameter or (global_only and local):
            print(
                f"   {name} is not a{' global' if global_only else ''} parameter of {obj.name} , skipping. "
            )
            continue
        new = _number(filename, f"{obj.name}.{name}", value)
        if verbose:
            print(f"   {name} : {obj.get(name)} -> {value} ")
        obj.set({name: attribute.numpy_type(new).item()})


def _set_constant(network: Network, name: str, value: float) -> None:
    from engine.network.network import default_network

    known = get_constant(name)
    if known is None:
        Constant(name, value)
    else:
        known.set(value, network=None if network is default_network() else network)


def _read(filename: Filename) -> dict[str, Any]:
    try:
        content = json.loads(_text(filename))
    except (ValueError, RecursionError) as fault:
        raise FileError(f"load_parameters(): {filename} is no JSON file: {fault}.") from fault
    if not isinstance(content, dict):
        raise FileError(f"load_parameters(): {filename} has no parameters by name.")
    return content


def _text(filename: Filename) -> str:
    try:
        return Path(filename).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise FileError(
            f"Unable to read the file {filename}: {getattr(fault, 'strerror', fault)}."
        ) from fault


def _section(filename: Filename, content: dict[str, Any], name: str) -> dict[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise FileError(f"load_parameters(): {filename}: {name} needs values by name.")
    return section


def _number(filename: Filename, place: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise FileError(
            f"load_parameters(): {filename}: {place} is {value!r}, but one number is needed."
        ) from None
