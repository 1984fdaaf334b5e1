"""Who may open the playbooks: whoever has the token, or, on a network, the password."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass

from playbook.errors import PlaybookError

PASSWORD_VARIABLE = "PLAYBOOK_PASSWORD"
SHORTEST = 12
"""Letters that a password must have."""


@dataclass(frozen=True)
class Access:
    """How to get in. Exactly one of `token` and `hashed` is set; neither is ever logged.

    Attributes
    ----------
    ip
        The address to listen on.
    token
        A secret made for this start, part of the address that is shown to whoever started it.
    hashed
        The password, hashed by Argon2.
    """

    ip: str
    token: str = ""
    hashed: str = ""

    def settings(self) -> dict[str, dict[str, object]]:
        """What Jupyter's identity provider is told."""
        provider = {"token": self.token, "hashed_password": self.hashed}
        return {"PasswordIdentityProvider": {**provider, "allow_password_change": False}}


def local() -> Access:
    """Access for this machine only, by a new token."""
    return Access("127.0.0.1", token=secrets.token_hex(24))


def public() -> Access:
    """Access for the network, by the password in ``PLAYBOOK_PASSWORD``, which is hashed.

    Raises
    ------
    PlaybookError
        There is no password, or a short one.
    """
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if len(password) < SHORTEST:
        fault = "is too short" if password else "is not set"
        raise PlaybookError(
            f"the password {fault}, and without one anyone who reaches this machine could read and "
            "change your answers, and in JupyterLab run code on it",
            where="--public",
            remedy=f"Put a password of at least {SHORTEST} characters into the environment "
            f"variable {PASSWORD_VARIABLE}, then start again",
        )
    from jupyter_server.auth.security import passwd

    return Access("0.0.0.0", hashed=passwd(password))


def without_secrets(environment: dict[str, str]) -> dict[str, str]:
    """The environment for servers and kernels: no password, and no token of another server."""
    secret = {PASSWORD_VARIABLE, "JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE"}
    return {name: value for name, value in environment.items() if name not in secret}
