"""The clouds that a stack converges on: credentials and settings.

What is not given is looked for in the environment, when it is needed first. Objects of these classes hold one client
each: stacks that are given the same object keep one pace together.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

from . import _fleetflow
from .values import FilePath

__all__ = ["Cloudflare", "Docker", "Provider", "SakuraCloud"]


class _Missing(Exception):
    """There are no credentials; the message says what was looked at, the second argument what to do."""


def _first(environment: Mapping[str, str], *names: str) -> Optional[str]:
    return next((environment[name] for name in names if environment.get(name)), None)


class SakuraCloud:
    """SAKURA Cloud.

    Args:
        zone: The zone of servers that name none: ``is1a``, ``is1b``, ``is1c``, ``tk1a``, ``tk1b`` or ``tk1v``.
        token: The access token; ``SAKURA_ACCESS_TOKEN`` or ``SAKURACLOUD_ACCESS_TOKEN`` without it.
        secret: The access token's secret; ``SAKURA_ACCESS_TOKEN_SECRET`` or ``SAKURACLOUD_ACCESS_TOKEN_SECRET``
            without it.
        root: Another root of the API than the real one; ``SAKURA_API_ROOT_URL`` or ``SAKURACLOUD_API_ROOT_URL``
            without it.
        deploy_key: The public key put on servers that declare no ``ssh_key``; the private one is given to
            :class:`Docker`.
    """

    NAME = "sakura-cloud"

    def __init__(
        self,
        *,
        zone: Optional[str] = None,
        token: Optional[str] = None,
        secret: Optional[str] = None,
        root: Optional[str] = None,
        deploy_key: Optional[str] = None,
    ) -> None:
        self.zone = zone
        """The zone of servers that name none."""
        self._given = (token, secret, root)
        self._deploy_key = deploy_key
        self._client: Optional[_fleetflow.Sakura] = None

    def _settings(self) -> Dict[str, Any]:
        return {"sakura_cloud": {"zone": self.zone}}

    def _connect(self, environment: Mapping[str, str]) -> _fleetflow.Sakura:
        if self._client is None:
            token, secret, root = self._given
            token = token or _first(environment, "SAKURA_ACCESS_TOKEN", "SAKURACLOUD_ACCESS_TOKEN")
            secret = secret or _first(environment, "SAKURA_ACCESS_TOKEN_SECRET", "SAKURACLOUD_ACCESS_TOKEN_SECRET")
            root = root or _first(environment, "SAKURA_API_ROOT_URL", "SAKURACLOUD_API_ROOT_URL")
            if not token or not secret:
                raise _Missing(
                    "there is no API key for SAKURA Cloud; looked at: the arguments of SakuraCloud(), the variables "
                    "SAKURA_ACCESS_TOKEN with SAKURA_ACCESS_TOKEN_SECRET, SAKURACLOUD_ACCESS_TOKEN with "
                    "SAKURACLOUD_ACCESS_TOKEN_SECRET",
                    "make an API key in the control panel, and set both variables",
                )
            self._client = _fleetflow.Sakura(token, secret, root, self._deploy_key)
        return self._client

    def __repr__(self) -> str:
        return f"SakuraCloud(zone={self.zone!r})"


class Cloudflare:
    """Cloudflare.

    Args:
        token: An API token; ``CLOUDFLARE_API_TOKEN`` or ``CF_API_TOKEN`` without it.
        email: The user's email address, for the legacy global key; ``CLOUDFLARE_EMAIL`` or ``CF_EMAIL`` without it.
        key: The legacy global key; ``CLOUDFLARE_API_KEY`` or ``CF_API_KEY`` without it.
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
        self.account_id = account_id
        """The account."""
        self._given = (token, email, key, base)
        self._client: Optional[_fleetflow.Cloudflare] = None

    def _settings(self) -> Dict[str, Any]:
        return {"cloudflare": {"account_id": self.account_id}}

    def _connect(self, environment: Mapping[str, str]) -> _fleetflow.Cloudflare:
        if self._client is None:
            token, email, key, base = self._given
            if not token and not key:
                token = _first(environment, "CLOUDFLARE_API_TOKEN", "CF_API_TOKEN")
            email = email or _first(environment, "CLOUDFLARE_EMAIL", "CF_EMAIL")
            key = key or _first(environment, "CLOUDFLARE_API_KEY", "CF_API_KEY")
            account = self.account_id or _first(environment, "CLOUDFLARE_ACCOUNT_ID", "CF_ACCOUNT_ID")
            base = base or _first(environment, "CLOUDFLARE_API_BASE_URL", "CF_API_BASE_URL", "CLOUDFLARE_BASE_URL")
            if token:
                self._client = _fleetflow.Cloudflare(token, None, base, account)
            elif email and key:
                self._client = _fleetflow.Cloudflare(key, email, base, account)
            else:
                raise _Missing(
                    "there is no API token for Cloudflare; looked at: the arguments of Cloudflare(), the variables "
                    "CLOUDFLARE_API_TOKEN and CF_API_TOKEN, CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY, CF_EMAIL with "
                    "CF_API_KEY",
                    "make an API token at https://dash.cloudflare.com/profile/api-tokens and set CLOUDFLARE_API_TOKEN",
                )
        return self._client

    def __repr__(self) -> str:
        return f"Cloudflare(account_id={self.account_id!r})"


class Docker:
    """Container engines: the local one, and those of servers, which are reached over SSH.

    Args:
        host: The local engine: ``unix:///var/run/docker.sock``, ``tcp://127.0.0.1:2375``. ``DOCKER_HOST`` without it,
            or else the socket where engines usually listen.
        identities: Private keys in OpenSSH's format, to log in to servers.
        identity_files: Files with private keys.
        agent: The socket of an SSH agent; ``SSH_AUTH_SOCK`` without it.
    """

    NAME = "docker"

    def __init__(
        self,
        *,
        host: Optional[str] = None,
        identities: Sequence[str] = (),
        identity_files: Sequence[FilePath] = (),
        agent: Optional[FilePath] = None,
    ) -> None:
        self.host = host
        """The local engine."""
        self._identities = list(identities)
        self._identity_files = [os.fspath(file) for file in identity_files]
        self._agent = os.fspath(agent) if agent is not None else None
        self._sandbox: Optional[_fleetflow.Sandbox] = None
        self._client: Optional[_fleetflow.Engines] = None

    def _settings(self) -> Dict[str, Any]:
        return {"docker": {"host": self.host}}

    def _connect(self, environment: Mapping[str, str]) -> _fleetflow.Engines:
        if self._client is None:
            host = self.host or _first(environment, "DOCKER_HOST") or _socket(environment)
            agent = self._agent
            if agent is None and self._sandbox is None:
                agent = _first(environment, "SSH_AUTH_SOCK")
            self._client = _fleetflow.Engines(host, self._identities, self._identity_files, agent, self._sandbox)
        return self._client

    def __repr__(self) -> str:
        return f"Docker(host={self.host!r})"


Provider = Union[SakuraCloud, Cloudflare, Docker]
"""A cloud to converge on."""


def _socket(environment: Mapping[str, str]) -> Optional[str]:
    """Where engines listen: Docker, rootless Docker, Docker Desktop, OrbStack, Podman."""
    home, session = environment.get("HOME"), environment.get("XDG_RUNTIME_DIR")
    sockets = ["/var/run/docker.sock"]
    if home:
        sockets += [f"{home}/{place}/docker.sock" for place in (".docker/run", ".docker/desktop", ".orbstack/run")]
    if session:
        sockets += [f"{session}/docker.sock", f"{session}/podman/podman.sock"]
    found = next((socket for socket in [*sockets, "/run/podman/podman.sock"] if os.path.exists(socket)), None)
    return f"unix://{found}" if found else None


class Connections:
    """The clients of one stack, and why some are missing."""

    def __init__(self, providers: Sequence[Provider], environment: Mapping[str, str]) -> None:
        self.sakura: Optional[_fleetflow.Sakura] = None
        self.cloudflare: Optional[_fleetflow.Cloudflare] = None
        self.engines: Optional[_fleetflow.Engines] = None
        self.missing: list[Tuple[str, str, str]] = []
        for provider in providers:
            try:
                if isinstance(provider, SakuraCloud):
                    self.sakura = provider._connect(environment)  # pyright: ignore[reportPrivateUsage]
                elif isinstance(provider, Cloudflare):
                    self.cloudflare = provider._connect(environment)  # pyright: ignore[reportPrivateUsage]
                else:
                    self.engines = provider._connect(environment)  # pyright: ignore[reportPrivateUsage]
            except _Missing as missing:
                self.missing.append((provider.NAME, str(missing.args[0]), str(missing.args[1])))
