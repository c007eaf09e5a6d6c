"""The form of a projection."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.editor.distance_rows import DistanceRows
from app.editor.form import Choices, Section
from app.editor.last_good import LastGood
from app.editor.line_field import LineField
from app.editor.model_choice import choose_synapse, synapse_choices
from app.editor.monitor_section import MonitorSection
from app.editor.owned_model import OwnedModel
from app.editor.owner_form import OwnerForm
from app.editor.value_field import ValueField
from app.editor.value_section import ValueSections
from app.editor.value_text import ValueTextError, format_number, parse_number, parse_value
from app.session import Session
from engine.project.catalogue import synapse_text
from engine.project.conversions import ABOUT, conversion_of
from engine.project.distance import ARGUMENTS as DISTANT
from engine.project.document import (
    Connector,
    Constant,
    Distribution,
    Population,
    ProjectDocument,
    Projection,
    Slice,
)
from engine.project.edits import find, rename, replace_object
from engine.project.models import kind_of, targets_of
from engine.project.plasticity import RULES, period_of
from engine.project.values import describe, largest, synapse_count

PATTERNS: dict[str, tuple[str, ...]] = {
    "all_to_all": ("allow_self_connections",),
    "one_to_one": (),
    "fixed_probability": ("probability", "allow_self_connections"),
    "fixed_number_pre": ("number", "allow_self_connections"),
    "fixed_number_post": ("number", "allow_self_connections"),
    "gaussian": ("allow_self_connections",),
    "dog": ("allow_self_connections",),
}
"""Which arguments each pattern has, besides those of distances."""
_NAMES = {"gaussian": "Gaussian", "dog": "DoG (Mexican hat)"}
"""Of patterns, where they are not the words of the document."""


class ProjectionForm(OwnerForm):
    """Name, ends, target, connector, synapse, values and recordings of one projection."""

    def __init__(self, session: Session, object_id: str) -> None:
        super().__init__(session, object_id)
        self._lay_out_ends(self.section("Projection"))
        self._lay_out_connector(self.section("Connections"))
        self.model = OwnedModel(
            self,
            "&Synapse",
            "synapse",
            lambda document: synapse_choices(document, object_id),
            lambda document: self._projection(document).synapse,
            lambda document, synapse: choose_synapse(document, object_id, synapse),
            lambda document: synapse_text(document, self._projection(document).synapse),
            self._about_default,
        )
        self._lay_out_plasticity(self.section("Structural plasticity"))
        self.values = ValueSections(self)
        self.monitor = MonitorSection(self)
        self.column.addStretch(1)

    # --- ends --------------------------------------------------------------------------------------------

    def _lay_out_ends(self, section: Section) -> None:
        self.name = self.line(
            section,
            "&Name",
            "name",
            lambda document: self._projection(document).name,
            lambda document, text: rename(document, self.object_id, text.strip()),
            tip="Letters, digits and underscores; the name in an exported script",
        )
        self.ends = QLabel()
        self.ends.setAccessibleName("From and to")
        self.ends.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByKeyboard | _MOUSE_LINKS)
        self.ends.setWordWrap(True)
        self.ends.linkActivated.connect(lambda population: self.session.select((population,)))
        section.rows.addRow(QLabel("From → to"), self.ends)
        self.on_refresh(self._show_ends)
        self.target = self.choice(
            section,
            "Tar&get",
            "target",
            self._targets,
            lambda document: self._projection(document).target,
            lambda document, target: self._replaced(document, target=target),
            tip="Which input of the receiving neurons the synapses act on",
        )
        for end in ("pre", "post"):
            self.line(
                section,
                "Pre ran&ks" if end == "pre" else "Post ranks",
                f"{end}_slice",
                lambda document, end=end: _format_slice(getattr(self._projection(document), f"{end}_slice")),
                lambda document, text, end=end: self._replaced(
                    document, **{f"{end}_slice": _parse_slice(text)}
                ),
                tip="Only some neurons: start:stop or start:stop:step; empty: all",
            ).edit.setPlaceholderText("all")

    def _show_ends(self, document: ProjectDocument) -> None:
        links = [f'<a href="{p.id}">{p.name}</a>' if p else "(missing)" for p in self._ends(document)]
        self.ends.setText(" → ".join(links))

    def _ends(self, document: ProjectDocument) -> tuple[Population | None, Population | None]:
        projection = self._projection(document)
        populations = {p.id: p for p in document.populations}
        return populations.get(projection.pre), populations.get(projection.post)

    def _targets(self, document: ProjectDocument) -> Choices:
        post = self._ends(document)[1]
        names = targets_of(LastGood.of(self.session).document, post) if post else ()
        return [(name, name) for name in names]

    def _patterns(self, document: ProjectDocument) -> Choices:
        current = conversion_of(document, self._projection(document)) == "current"
        patterns = ("one_to_one",) if current else tuple(PATTERNS)
        return [(_NAMES.get(pattern, pattern.replace("_", " ")), pattern) for pattern in patterns]

    def _about_default(self, document: ProjectDocument) -> str:
        kind = conversion_of(document, self._projection(document))
        if kind:
            return ABOUT[kind]
        pre = self._ends(document)[0]
        if pre is None or kind_of(document, pre) == "spike":
            return "Each spike adds w to the conductance of the target: g_target += w"
        return "The target receives the sum of w * pre.r"

    # --- connector ---------------------------------------------------------------------------------------

    def _lay_out_connector(self, section: Section) -> None:
        self._connector_rows = section.rows
        self.pattern = self.choice(
            section,
            "Pa&ttern",
            "connector.pattern",
            self._patterns,
            lambda document: self._projection(document).connector.pattern,
            lambda document, pattern: self._rewired(document, pattern=pattern),
            tip="Which pairs of neurons get a synapse. With Gaussian and DoG, a difference of two Gaussians, "
            "weights follow from the distance.",
        )
        self._arguments: dict[str, QWidget] = {}
        self._arguments["probability"] = self.probability = self.line(
            section,
            "Proba&bility",
            "connector.probability",
            lambda document: format_number(self._projection(document).connector.probability),
            self._write_probability,
            tip="Chance of each pair of neurons to be connected, from 0 to 1",
        )
        self._arguments["number"] = self.number = self.line(
            section,
            "Nu&mber",
            "connector.number",
            lambda document: str(self._projection(document).connector.number),
            lambda document, text: self._rewired(document, number=_parse_count(text)),
            tip="Synapses of each receiving neuron (pre) or of each sending neuron (post)",
        )
        self.distance = DistanceRows(
            self,
            section,
            lambda document: self._projection(document).connector,
            lambda document, name, value: self._rewired(document, **{name: value}),
        )
        self._arguments["allow_self_connections"] = self.self_connections = self.check(
            section,
            "&Allow self-connections",
            "connector.allow_self_connections",
            lambda document: self._projection(document).connector.allow_self_connections,
            lambda document, on: self._rewired(document, allow_self_connections=on),
        )
        self._lay_out_weights(section)
        self._lay_out_synapses(section)
        self.on_refresh(self._show_connector)

    def _lay_out_synapses(self, section: Section) -> None:
        """How many there are, and how the last run held them."""
        self.count = QLabel()
        self.count.setAccessibleName("Number of synapses")
        section.rows.addRow("Synapses", self.count)
        self.storage = QLabel(wordWrap=True)
        self.storage.setAccessibleName("How the last run held the synapses")
        self.storage.setToolTip(
            "How the last run held the synapses, why, and in how much memory: a bit for each pair, rows of "
            "weights without gaps, or lists"
        )
        section.rows.addRow("Held as", self.storage)
        self._connector_rows.setRowVisible(self.storage, False)

    def _lay_out_weights(self, section: Section) -> None:
        def write(text: str) -> ProjectDocument:
            return self._rewired(self.session.document, weights=parse_value(text, pieces=False))

        self.weights = ValueField(write, "Weights")
        self.weights.committed.connect(lambda document: self.apply(document, "Change weights"))
        self.add_line(section, "&Weights", "connector.weights", self.weights)
        self.on_refresh(
            lambda document: self.weights.show_text(describe(self._projection(document).connector.weights))
        )
        self._lay_out_delay(section)
        self.window = self.line(
            section,
            "Windo&w (ms)",
            "window",
            lambda document: format_number(self._projection(document).window),
            lambda document, text: self._replaced(document, window=parse_number(text)),
            tip="Time before the present step in which spikes count; 0 is one step",
        )

    def _lay_out_delay(self, section: Section) -> None:
        self.delay = ValueField(self._write_delay, "Delay")
        self.delay.committed.connect(lambda document: self.apply(document, "Change the delay"))
        tip = "Time that a spike or rate needs to arrive; 0 is the shortest, one time step. "
        self.delay.edit.setToolTip(
            tip + "A distribution, such as Uniform(1, 10), gives each synapse its own."
        )
        self.add_line(section, "&Delay (ms)", "connector.delay", self.delay)
        self.on_refresh(
            lambda document: self.delay.show_text(_delay_text(self._projection(document).connector.delay))
        )

    def _show_connector(self, document: ProjectDocument) -> None:
        connector = self._projection(document).connector
        pre, post = self._ends(document)
        for argument, widget in self._arguments.items():
            apart = argument == "allow_self_connections" and pre is not post
            self._connector_rows.setRowVisible(widget, argument in PATTERNS[connector.pattern] and not apart)
        self.distance.show(connector, pre)
        distant = connector.pattern in DISTANT
        kind = conversion_of(document, self._projection(document))
        self._connector_rows.setRowVisible(self.window, kind == "decoding")
        # What has no effect is hidden, unless there is something to take back.
        self._connector_rows.setRowVisible(self.delay, not kind or connector.delay != 0.0)
        plain = connector.weights == Constant(value=1.0)
        self._connector_rows.setRowVisible(self.weights, not distant and (kind != "current" or not plain))
        if pre is None or post is None:
            self.count.setText("none")
            return
        about = "about " if distant or connector.pattern == "fixed_probability" else ""
        self.count.setText(f"{about}{synapse_count(self._projection(document), pre, post):,.0f}")

    def show_storage(self, words: str) -> None:
        """Tell how the last run held the synapses; empty: there was none."""
        self.storage.setText(words)
        self._connector_rows.setRowVisible(self.storage, bool(words))

    def _write_probability(self, document: ProjectDocument, text: str) -> ProjectDocument:
        probability = parse_number(text)
        if not 0 <= probability <= 1:
            raise ValueTextError("The probability must be between 0 and 1.")
        return self._rewired(document, probability=probability)

    def _write_delay(self, text: str) -> ProjectDocument:
        value = parse_value(text, pieces=False)
        delay = value.value if isinstance(value, Constant) else value
        if isinstance(delay, float) and delay < 0:
            raise ValueTextError("The delay must not be negative.")
        if isinstance(delay, Distribution) and largest(delay) is None:
            raise ValueTextError(f"Give the longest delay, e.g. {describe(delay)[:-1]}, max=10).")
        return self._rewired(self.session.document, delay=delay)

    # --- structural plasticity ---------------------------------------------------------------------------

    def _lay_out_plasticity(self, section: Section) -> None:
        self.periods = {rule: self._period(section, rule) for rule in RULES}

        def show(document: ProjectDocument) -> None:
            projection = self._projection(document)
            text = synapse_text(document, projection.synapse)
            shown = {
                rule: bool(text and getattr(text, rule).strip()) or period_of(projection, rule) is not None
                for rule in RULES
            }
            section.setVisible(any(shown.values()))
            for rule, line in self.periods.items():
                section.rows.setRowVisible(line, shown[rule])

        self.on_refresh(show)

    def _period(self, section: Section, rule: str) -> LineField:
        def read(document: ProjectDocument) -> str:
            period = period_of(self._projection(document), rule)
            return "" if period is None else format_number(period)

        def write(document: ProjectDocument, text: str) -> ProjectDocument:
            period = parse_number(text) if text.strip() else None
            if period is not None and period <= 0:
                raise ValueTextError("Type a number of ms above 0; leave it empty to not start the rule.")
            return self._replaced(document, **{f"{rule}_period": period})

        tip = f"ms between two looks at the rule {rule} of the synapse; empty: it is not started"
        label = f"{rule.capitalize()} every (ms)"
        line = self.line(section, label, f"{rule}_period", read, write, tip=tip)
        line.edit.setPlaceholderText("not started")
        return line

    # --- document ----------------------------------------------------------------------------------------

    def _projection(self, document: ProjectDocument) -> Projection:
        projection = find(document, self.object_id)
        assert isinstance(projection, Projection)
        return projection

    def _replaced(self, document: ProjectDocument, **fields: Any) -> ProjectDocument:
        return replace_object(document, msgspec.structs.replace(self._projection(document), **fields))

    def _rewired(self, document: ProjectDocument, **fields: Any) -> ProjectDocument:
        connector: Connector = self._projection(document).connector
        return self._replaced(document, connector=msgspec.structs.replace(connector, **fields))


_MOUSE_LINKS = Qt.TextInteractionFlag.LinksAccessibleByMouse


def _delay_text(delay: float | Distribution) -> str:
    return describe(delay) if isinstance(delay, Distribution) else format_number(delay)


def _parse_count(text: str) -> int:
    if not text.strip().isdecimal() or len(text.strip()) > 9 or int(text) == 0:
        raise ValueTextError("Type a whole number of 1 or more.")
    return int(text)


def _parse_slice(text: str) -> Slice | None:
    if text.strip() in ("", "all"):
        return None
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(part.strip().isdecimal() and len(part) < 10 for part in parts):
        raise ValueTextError("Type start:stop or start:stop:step, e.g. 0:80; leave it empty for all.")
    start, stop, step = (*map(int, parts), 1)[:3]
    if start >= stop or step < 1:
        raise ValueTextError("Start must be below stop, and the step at least 1.")
    return Slice(start=start, stop=stop, step=step)


def _format_slice(ranks: Slice | None) -> str:
    if ranks is None:
        return ""
    return f"{ranks.start}:{ranks.stop}" + (f":{ranks.step}" if ranks.step != 1 else "")
