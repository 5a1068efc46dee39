"""`python -m tools.states`: draws docs/states.md from the tables that the code moves by."""

from collections.abc import Collection

from matching import model as matching
from server.media import model as media
from tools.machine import ROOT

PAGE = ROOT / "docs/states.md"


def page() -> str:
    """Return the whole page."""
    return f"""# States

Drawn from the code by `python -m tools.states`; a test holds them equal. An arrow bears the event that goes along it.

## A call

`matching/model.py`. What an arrow to the end comes from is the call's outcome.

{drawing(matching.TRANSITIONS.items(), "calling")}

## One side's voice

`server/media/model.py`. An event without an arrow changes nothing.

{drawing(media.TRANSITIONS.items(), "new")}
"""


def drawing(moves: Collection[tuple[tuple[str, str], str]], first: str) -> str:
    """Return a table's Mermaid state diagram."""
    leaving = {state for (state, _), _ in moves}
    ends = dict.fromkeys(state for _, state in moves if state not in leaving)
    lines = [
        f"[*] --> {first}",
        *(f"{state} --> {to}: {event}" for (state, event), to in moves),
        *(f"{end} --> [*]" for end in ends),
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
