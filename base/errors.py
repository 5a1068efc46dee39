"""The domain error: a rule said no, and the one who asked may know why. Pure."""


class Refusal(Exception):
    """A request that was understood and not done.

    `code` is stable and part of the interface; `text` is safe to show; `retry_after_s` says when
    asking again may help. What a code means to HTTP or to a socket stands with HTTP and the sockets.
    """

    def __init__(self, code: str, text: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.retry_after_s = retry_after_s


def forbidden(text: str = "this is not yours to do") -> Refusal:
    """Return the refusal of somebody who is known but may not."""
    return Refusal("forbidden", text)
