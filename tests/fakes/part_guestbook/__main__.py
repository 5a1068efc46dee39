"""`inkcall` with the guestbook in it: `python -m tests.fakes.part_guestbook serve --demo`."""

from server.app import PARTS
from server.cli import main
from tests.fakes.part_guestbook.part import PART

if __name__ == "__main__":
    main(parts=(*PARTS, PART))
