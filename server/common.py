"""What every part stands on: the folder, the signing key, the migrated database, the bus, the port."""

import socket
from contextlib import AsyncExitStack

from base.bus import Bus
from base.database_url import DatabaseError
from base.db import Database
from base.migrations import MigrationsError
from base.part import Process, StartError, busy, migrations
from base.signing import Signer, load_or_create_key


async def bring_common(process: Process, stack: AsyncExitStack) -> None:
    """Provide what every part stands on: signing key, migrated database, bus."""
    config = process.config
    try:
        # Names, voices and hashes of passwords: nobody else on the machine may look in.
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        process.provide(Signer(load_or_create_key(config.secret_file)))
    except OSError as error:
        raise StartError(
            f"{error.filename or config.data_dir} cannot be written ({error.strerror}): "
            "give the server a folder of its own with INKCALL__SERVER__DATA_DIR."
        ) from error
    try:
        database = Database(config.database_url)
        stack.push_async_callback(database.close)
        await database.migrate(migrations(process.parts))
    except (DatabaseError, MigrationsError) as error:
        raise StartError(f"{error} See database.url in the settings.") from None
    process.provide(database)
    process.health["database"] = database.answers
    bus = Bus(database, process.clock, process.metrics)
    process.provide(bus)
    process.work.append(bus.running())


def listen(host: str, port: int) -> socket.socket:
    """Return a bound TCP socket; raise `StartError` when the port cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise StartError(busy("TCP", "server", port, error)) from error
