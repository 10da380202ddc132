"""`http`: ask a service and keep parts of its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, PlainValidator, WithJsonSchema

from switch.errors import FlowRunError
from switch.ivr.call import HttpRequest
from switch.ivr.expressions import ExpressionField, Template, TextField
from switch.ivr.fields import Location, NodeName, VariableName
from switch.ivr.node import ExitsModel, Named, Node
from switch.ivr.payload import Payload
from switch.ivr.prompts import PromptModel, Prompts, located
from switch.ivr.run import Run
from switch.yaml_wording import complaint_at

_URL = re.compile(r"(https?)://([A-Za-z0-9.-]+(?::[0-9]{1,5})?)(?:[/?].*)?", re.S)


def _url(value: object) -> Template:
    if not isinstance(value, str) or not _URL.fullmatch(value.split("{{")[0]) or "\n" in value:
        hint = "begin with https:// and a host that holds no expression, then `/`"
        raise complaint_at("should be the address of a service", hint)
    if "{{" in value and not re.match(r"https?://[^/?{]+[/?]", value):
        raise complaint_at("the host must stand there as it is", "put a `/` after the host")
    return Template(value)


class HttpExits(ExitsModel):
    """Where a call goes when there is no good answer."""

    failed: NodeName
    """No answer in time, no JSON, a status of 500 or more, or without what `into` wants."""
    not_found: NodeName | None = None
    """Status 404; without it, as `rejected`."""
    rejected: NodeName | None = None
    """Another status of 300 or more; without it, as `failed`."""


class Http(Node):
    """A JSON request. `result.status` and `result.json` are what came back."""

    needs_answer = False

    type: Literal["http"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: Annotated[Template, PlainValidator(_url), WithJsonSchema({"type": "string"})]
    """Its host must be one that the site allows; values in it are percent-encoded."""
    headers: Annotated[Mapping[str, TextField], Field(max_length=32)] = Field(default_factory=dict)
    json_: Payload | None = Field(default=None, alias="json")
    """Sent with the request; texts in it may hold expressions."""
    timeout_seconds: float = Field(default=3.0, gt=0, le=30)
    """For one attempt."""
    retries: int = Field(default=0, ge=0, le=3)
    """After a time-out, a lost connection, or a status of 502, 503 or 504."""
    into: Annotated[Mapping[VariableName, ExpressionField], Field(max_length=64)] = Field(
        default_factory=dict
    )
    """Variable -> expression, without braces: `result.json.order.status`."""
    wait_prompts: Prompts = ()
    """Heard, over and over, until the answer is there."""
    next: NodeName
    exits_: HttpExits = Field(alias="exits")

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from located("wait_prompts", self.wait_prompts)

    def sets(self) -> Iterator[str]:
        yield from self.into

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        yield ("url",), self.url
        for name, template in self.headers.items():
            yield ("headers", name), template
        if self.json_ is not None:
            for location, template in self.json_.templates():
                yield ("json", *location), template
        for name, expression in self.into.items():
            yield ("into", name), expression

    def keeps_secret(self, location: Location) -> bool:
        return location[0] in ("headers", "json")

    def names(self) -> Iterator[Named]:
        found = _URL.match(str(self.url.source).split("{{")[0])
        if found is not None:
            yield Named(("url",), "host", found[2])

    async def run(self, run: Run) -> str:
        for variable in self.into:
            run.variables.setdefault(variable, "")
        result = await run.call.http(self._request(run))
        run.result = {
            "status": result.status,
            "json": result.json,
            "failure": str(result.failure),
        }
        if result.failure or result.status >= 500 or not result.status:
            return "failed"
        if result.status == 404:
            return self.exits_.first_given("not_found", "rejected", "failed")
        if result.status >= 300:
            return self.exits_.first_given("rejected", "failed")
        return self._keep(run)

    def _request(self, run: Run) -> HttpRequest:
        payload: Any = None if self.json_ is None else self.json_.fill(run.evaluate)
        return HttpRequest(
            self.method,
            self._address(run),
            {name: _one_line(run.evaluate(each)) for name, each in self.headers.items()},
            payload,
            self.timeout_seconds,
            self.retries,
            tuple(prompt for prompt, _ in run.say(self.wait_prompts, False)),
        )

    def _address(self, run: Run) -> str:
        parts = self.url.parts or (str(self.url.source),)
        return "".join(
            part if isinstance(part, str) else quote(run.part_text(self.url, part), safe="")
            for part in parts
        )

    def _keep(self, run: Run) -> str:
        """Give the variables their values: all of them, or none."""
        try:
            values = {name: run.evaluate(each) for name, each in self.into.items()}
        except FlowRunError:
            run.result["failure"] = "incomplete"
            return "failed"
        run.variables.update(values)
        return "next"


def _one_line(value: object) -> str:
    """Return a header's value; line breaks would make further headers."""
    return " ".join(str(value).split())
