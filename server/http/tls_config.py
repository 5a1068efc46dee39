"""The settings of HTTPS; every key is explained in `config.yaml`."""

import msgspec

from base.config import Section


class TlsConfig(Section, frozen=True, kw_only=True):
    self_made: bool = False
    names: list[str] = msgspec.field(default_factory=list)
    certificate: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        if bool(self.certificate) != bool(self.key):
            missing = "key" if self.certificate else "certificate"
            raise ValueError(f"tls.{missing}: a certificate and its key go together")
        if self.certificate and self.self_made:
            raise ValueError(
                "tls.self_made: must be false where a certificate of one's own is given"
            )

    @property
    def on(self) -> bool:
        """Tell whether the server speaks HTTPS."""
        return self.self_made or bool(self.certificate)
