"""What flows tell: tags, language, messages, on the record and in queries."""

from __future__ import annotations

from pathlib import Path

from switch.events import CallEnded, CallTagged, LanguageChosen, VoicemailLeft
from switch.records.reader import RecordReader
from switch.records.store import RecordStore
from tests.support.sample_events import AT, COMPLETED


def test_what_a_flow_told_is_kept_and_found_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/calls.db"
    store = RecordStore(url, gather_seconds=0.0)
    store.start()
    tagged: list[dict[str, str | bool]] = [{"vip": True, "order": "17"}, {"order": "18"}, {}]
    for number, tags in enumerate(tagged):
        call = f"c{number}"
        for name, value in tags.items():
            store.handle(CallTagged(at=AT, call=call, name=name, value=value))
        store.handle(LanguageChosen(at=AT, call=call, language="mr"))
        store.handle(
            VoicemailLeft(at=AT, call=call, box="b", path="/b/1.wav", seconds=2.0, language="mr")
        )
        store.handle(CallEnded(at=AT, call=call, termination=COMPLETED))
    assert store.stop()
    with RecordReader(url) as reader:
        assert [each.id for each in reader.query(tags={"order": "17"})] == ["c0"]
        assert {each.id for each in reader.query(tags={"order": ""})} == {"c0", "c1"}
        assert reader.query(tags={"order": "17", "vip": "x"}) == []
        (record,) = reader.get("c0")
    assert record.tags == {"vip": True, "order": "17"}
    assert record.language == "mr"
    assert [(each.box, each.seconds) for each in record.messages] == [("b", 2.0)]
