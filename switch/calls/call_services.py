"""What every call of one switch shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from switch.calls.ports import Endpoint, MediaControl
from switch.events import Event
from switch.frozen import frozen
from switch.ids import Ids
from switch.sdp.offer_answer import LocalMedia

if TYPE_CHECKING:
    from switch.calls.registry import CallRegistry
    from switch.calls.session import CallSession


@frozen()
class CallServices:
    """What every call of this switch shares."""

    endpoint: Endpoint
    media: MediaControl
    registry: CallRegistry
    publish: Callable[[Event], None]
    utc: Callable[[], datetime]
    ids: Ids
    local_media: Callable[[str], LocalMedia]
    """Makes our side of an offer or answer; the argument is the codec to prefer."""
    hold_music: Sequence[str]
    changed: Callable[[CallSession], None] = lambda _session: None
    """Told when parties begin to talk, talk otherwise, or talk no more."""
