"""The buffers of an instance, and whether somebody else could have written them since the last step."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


class Holding:
    """The part of an ``Instance`` that holds its buffers.

    What steps leave for the next one (see ``lowering/sweeps``) is good only if nobody changes anything in
    between. Nobody has to say that he does: whoever asks for the buffers by their public name may write.
    """

    _arrays: dict[str, Array]
    _as_left = False
    """All buffers are as the last step left them."""

    @property
    def arrays(self) -> dict[str, Array]:
        """Every buffer of the plan by name, for those who may write. Ask for it anew after each run."""
        self._as_left = False
        return self._arrays
