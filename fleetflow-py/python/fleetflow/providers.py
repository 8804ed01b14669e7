"""The clouds that a stack converges on: credentials and settings.

What is not given is looked for in the environment, when it is needed first. Objects of these classes hold one client
each: stacks that are given the same object keep one pace together.
"""

from __future__ import annotations

import os
import warnings
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from . import _fleetflow
from .errors import UnauthorizedError
from .values import FilePath, Secret

__all__ = ["Cloudflare", "Docker", "Provider", "SakuraCloud"]


class SakuraCloud:
    """SAKURA Cloud.

    Without ``token`` and ``secret``, the API key is looked for where its other tools keep it: ``SAKURA_ACCESS_TOKEN``
    with ``SAKURA_ACCESS_TOKEN_SECRET`` (or ``SAKURACLOUD_...``), then the current profile of usacloud.

    Args:
        zone: The zone of servers that name none: ``is1a``, ``is1b``, ``is1c``, ``tk1a``, ``tk1b`` or ``tk1v``.
        profile: The usacloud profile to read the API key from, over all variables.
        token: The access token.
        secret: The access token's secret.
        root: Another root of the API than the real one; ``SAKURA_API_ROOT_URL`` or ``SAKURACLOUD_API_ROOT_URL``
            without it.
    """

    NAME = "sakura-cloud"

    def __init__(
        self,
        *,
        zone: Optional[str] = None,
        profile: Optional[str] = None,
        token: Optional[str] = None,
        secret: Optional[str] = None,
        root: Optional[str] = None,
    ) -> None:
        if (token is None) != (secret is None):
            raise ValueError("an API key of SAKURA Cloud is a token and a secret: give both, or neither")
        self.zone = zone
        """The zone of servers that name none."""
        self.profile = profile
        """The usacloud profile to read the API key from."""
        self._given = (token, secret, root)
        self._client: Optional[_fleetflow.Sakura] = None

    def _settings(self) -> Dict[str, Any]:
        return {"sakura_cloud": {"zone": self.zone, "profile": self.profile}}

    def _connect(self, environment: Mapping[str, str]) -> _fleetflow.Sakura:
        if self._client is None:
            token, secret, root = self._given
            if token is not None and secret is not None:
                self._client = _fleetflow.Sakura(token, secret, root)
            else:
                home = _home(environment)
                self._client, warning = _fleetflow.Sakura.found(dict(environment), home, self.profile, root)
                if warning:
                    warnings.warn(warning, stacklevel=2)
        return self._client

    def __repr__(self) -> str:
        return f"SakuraCloud(zone={self.zone!r})"


class Cloudflare:
    """Cloudflare.

    Without ``token`` or ``key``, credentials are looked for in ``CLOUDFLARE_API_TOKEN`` (or ``CF_API_TOKEN``), then in
    ``CLOUDFLARE_EMAIL`` with ``CLOUDFLARE_API_KEY`` (or ``CF_...``).

    Args:
        token: An API token.
        email: The user's email address, for the legacy global key.
        key: The legacy global key.
        account_id: The account; ``CLOUDFLARE_ACCOUNT_ID`` or ``CF_ACCOUNT_ID`` without it. May be left out where the
            credentials see exactly one.
        base: Another base of the API than the real one; ``CLOUDFLARE_API_BASE_URL``, ``CF_API_BASE_URL`` or
            ``CLOUDFLARE_BASE_URL`` without it.
    """

    NAME = "cloudflare"

    def __init__(
        self,
        *,
        token: Optional[str] = None,
        email: Optional[str] = None,
        key: Optional[str] = None,
        account_id: Optional[str] = None,
        base: Optional[str] = None,
    ) -> None:
        if (email is None) != (key is None):
            raise ValueError("the legacy key of Cloudflare is an email address and a key: give both, or neither")
        self.account_id = account_id
        """The account."""
        self._given = (token, email, key, base)
        self._client: Optional[_fleetflow.Cloudflare] = None

    def _settings(self) -> Dict[str, Any]:
        return {"cloudflare": {"account_id": self.account_id}}

    def _connect(self, environment: Mapping[str, str]) -> _fleetflow.Cloudflare:
        if self._client is None:
            token, email, key, base = self._given
            if token is not None:
                self._client = _fleetflow.Cloudflare(token, None, base, self.account_id)
            elif key is not None:
                self._client = _fleetflow.Cloudflare(key, email, base, self.account_id)
            else:
                self._client = _fleetflow.Cloudflare.found(dict(environment), base, self.account_id)
        return self._client

    def __repr__(self) -> str:
        return f"Cloudflare(account_id={self.account_id!r})"


class Docker:
    """Container engines: the local one, and those of servers, which are reached over SSH.

    Servers are logged in to with the keys given here, with those that lie beside the public keys that the stack names,
    with a key that FleetFlow makes for the stage and keeps beside its state, and with those that ``~/.ssh/config`` names.
    Jump hosts stand there too.

    Args:
        host: The local engine: ``unix:///var/run/docker.sock``, ``tcp://127.0.0.1:2375``,
            ``ssh://USER@HOST``. Without it, the one that the
            docker command would use.
        identities: Private keys in OpenSSH's format, to log in to servers.
        identity_files: Files with private keys.
        agent: The socket of an SSH agent; ``SSH_AUTH_SOCK`` without it.
        registries: Logins for registries of images by their hosts, each a name and a password, for those that the docker
            command has none for: ``{"ghcr.io": ("acme", Secret("ghcr-token"))}``, and the value with
            :meth:`fleetflow.Stack.secret`.
    """

    NAME = "docker"

    def __init__(
        self,
        *,
        host: Optional[str] = None,
        identities: Sequence[str] = (),
        identity_files: Sequence[FilePath] = (),
        agent: Optional[FilePath] = None,
        registries: Optional[Mapping[str, Tuple[str, Union[str, Secret]]]] = None,
    ) -> None:
        self.host = host
        """The local engine."""
        self._registries = dict(registries or {})
        self._identities = list(identities)
        self._identity_files = [os.fspath(file) for file in identity_files]
        self._agent = os.fspath(agent) if agent is not None else None
        self._sandbox: Optional[_fleetflow.Sandbox] = None
        self._client: Optional[_fleetflow.Engines] = None

    def _settings(self) -> Dict[str, Any]:
        logins = [
            {"host": host, "user": user, "password": password} for host, (user, password) in self._registries.items()
        ]
        return {"docker": {"host": self.host, "registry": logins}}

    def _connect(self, environment: Mapping[str, str]) -> _fleetflow.Engines:
        if self._client is None:
            agent = self._agent
            if agent is None and self._sandbox is None:
                agent = environment.get("SSH_AUTH_SOCK") or None
            self._client = _fleetflow.Engines(
                self.host,
                dict(environment),
                _home(environment),
                self._identities,
                self._identity_files,
                agent,
                self._sandbox,
            )
        return self._client

    def __repr__(self) -> str:
        return f"Docker(host={self.host!r})"


Provider = Union[SakuraCloud, Cloudflare, Docker]
"""A cloud to converge on."""


def _home(environment: Mapping[str, str]) -> Optional[str]:
    return environment.get("HOME") or environment.get("USERPROFILE") or None


class Connections:
    """The clients of one stack, and why some are missing."""

    def __init__(self, providers: Sequence[Provider], environment: Mapping[str, str]) -> None:
        self.sakura: Optional[_fleetflow.Sakura] = None
        self.cloudflare: Optional[_fleetflow.Cloudflare] = None
        self.engines: Optional[_fleetflow.Engines] = None
        self.missing: List[Tuple[str, str, str]] = []
        for provider in providers:
            try:
                if isinstance(provider, SakuraCloud):
                    self.sakura = provider._connect(environment)  # pyright: ignore[reportPrivateUsage]
                elif isinstance(provider, Cloudflare):
                    self.cloudflare = provider._connect(environment)  # pyright: ignore[reportPrivateUsage]
                else:
                    self.engines = provider._connect(environment)  # pyright: ignore[reportPrivateUsage]
            except UnauthorizedError as missing:
                self.missing.append((provider.NAME, missing.message, missing.hint or ""))
