"""Forms as browsers and receivers post them: urlencoded or multipart, small, and without files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence

from python_multipart.exceptions import FormParserError
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

LARGEST = 16 * 1024
"""Bytes of a body; a centre of a hundred topics posts 4 KB."""
FIELDS = 500
Form = Mapping[str, Sequence[str]]


class BadFormError(Exception):
    """A body that is no form, with the status it is answered with."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


async def read_form(request: Request) -> Form:
    """Return the fields of a form with their values, in the order in which they came; raises BadFormError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    stream = _limited(request)
    try:
        if kind == "multipart/form-data":
            form = await MultiPartParser(request.headers, stream, max_files=0, max_fields=FIELDS).parse()
        elif kind in {"application/x-www-form-urlencoded", ""}:
            form = await FormParser(request.headers, stream).parse()
        else:
            raise BadFormError(415)
    except (MultiPartException, FormParserError, UnicodeError, KeyError, ValueError):
        raise BadFormError(400) from None
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        fields.setdefault(name, []).append(str(value))
    return fields


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise BadFormError(413)
        yield part
