"""Which reliable provisional responses are to be acknowledged: RFC 3262."""

from __future__ import annotations

from switch.sip.incoming import IncomingRequest, IncomingResponse, number

OPTION = "100rel"


def acknowledges(prack: IncomingRequest, rseq: int, invite_cseq: int) -> bool:
    """Whether the RAck of a PRACK means our response with this RSeq (RFC 3262 7.2)."""
    return (prack.header("rack") or "").split() == [str(rseq), str(invite_cseq), "INVITE"]


class ReliableReceiver:
    """What the peer's reliable provisional responses ask of us (RFC 3262 4)."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        """To tag -> RSeq acknowledged last."""

    def to_acknowledge(self, response: IncomingResponse) -> int | None:
        """Return the RSeq to put into a PRACK; None for none, or none now.

        RFC 3262 4: one that comes out of order is not acknowledged, and one that comes
        again has its PRACK under way already.
        """
        if response.code == 100 or OPTION not in response.require:
            return None
        rseq = number(response.header("rseq") or "")
        if rseq is None:
            return None
        last = self._last.get(response.to_tag)
        if last is not None and rseq != last + 1:
            return None
        self._last[response.to_tag] = rseq
        return rseq
