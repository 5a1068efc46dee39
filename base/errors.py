"""The domain error: a rule said no, and the one who asked may know why."""

from http import HTTPStatus


class Refusal(Exception):
    """A request that was understood and not done.

    `code` is stable and part of the interface; `text` is safe to show; `status` is the HTTP status
    a handler answers with; `retry_after_s` says when asking again may help.
    """

    def __init__(
        self,
        code: str,
        text: str,
        status: int = HTTPStatus.BAD_REQUEST,
        *,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.status = int(status)
        self.retry_after_s = retry_after_s


def forbidden(text: str = "this is not yours to do") -> Refusal:
    """Return the refusal of somebody who is known but may not."""
    return Refusal("forbidden", text, HTTPStatus.FORBIDDEN)


def not_found(code: str, text: str) -> Refusal:
    """Return the refusal for something that is not there, or not there for him who asks."""
    return Refusal(code, text, HTTPStatus.NOT_FOUND)
