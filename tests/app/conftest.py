"""What tests of the inspector share."""

import inspecting
import pytest


@pytest.fixture
def desk(qtbot):
    return inspecting.Desk(qtbot)
