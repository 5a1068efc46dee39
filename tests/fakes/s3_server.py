"""A private S3 server on the loopback, with one bucket in it."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from moto.server import ThreadedMotoServer

from base.storage.config import StorageConfig

# The store of all servers is one, and outlives each.
_numbers = itertools.count()


@contextmanager
def s3_server() -> Iterator[StorageConfig]:
    """Run the server for the time of the block; give the settings that lead to its bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    bucket = f"inkcall-tests-{next(_numbers)}"
    try:
        host, port = server.get_host_and_port()
        # The server's own store is in this process, so the bucket need not be made over HTTP.
        from moto.s3.models import s3_backends

        s3_backends["123456789012"]["aws"].create_bucket(bucket, "us-east-1")
        yield StorageConfig(
            kind="s3",
            bucket=bucket,
            prefix="some/where",
            endpoint=f"http://{host}:{port}",
            access_key="tests",
            secret_key="tests",
        )
    finally:
        server.stop()
