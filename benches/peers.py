"""The tools that people would use instead: the same work, in the same emulated clouds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

from fleetflow import Tool
from measured import ROOT, Clouds, Measured, run
from tls import Front
from work import ZONES, Records, Servers, Services, Stores, Work

CACHE = ROOT / "target/peers"


class Missing(RuntimeError):
    """A tool that is not there, and why."""


class OctoDns(Tool):
    name = "octoDNS"
    packages = ("octodns==1.22.0", "octodns-cloudflare==1.2.0")

    def __init__(self) -> None:
        self.home = CACHE / "octodns"
        if (self.home / "bin/octodns-sync").exists():
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", self.home], check=True)
            subprocess.run([self.home / "bin/pip", "install", "--quiet", *self.packages], check=True)
        except (subprocess.CalledProcessError, OSError) as error:
            raise Missing(f"PyPI did not give it ({error})") from None

    def version(self) -> str:
        return ", ".join(package.replace("==", " ") for package in self.packages)

    def refusal(self, work: Work) -> Optional[str]:
        return None if isinstance(work, Records) else "it is about DNS alone"

    def write(self, work: Work, folder: Path, clouds: Clouds, changed: bool) -> None:
        assert isinstance(work, Records)
        self.zone(folder, clouds, work.values(changed))

    def zone(self, folder: Path, clouds: Clouds, values: dict[str, str]) -> None:
        (folder / "zones").mkdir(exist_ok=True)
        lines = "".join(f"{name}:\n  type: A\n  ttl: 300\n  value: {value}\n" for name, value in values.items())
        (folder / f"zones/{ZONES[0]}.yaml").write_text(lines or "{}\n")
        (folder / "config.yaml").write_text(
            "providers:\n  files:\n    class: octodns.provider.yaml.YamlProvider\n    directory: ./zones\n"
            "    enforce_order: false\n"
            "  cloudflare:\n    class: octodns_cloudflare.CloudflareProvider\n    token: env/CLOUDFLARE_API_TOKEN\n"
            f"    api_url: {clouds.api}\n    pagerules: false\n"
            f"zones:\n  {ZONES[0]}.:\n    sources: [files]\n    targets: [cloudflare]\n"
        )

    def sync(self, folder: Path, clouds: Clouds, *flags: str) -> Measured:
        command = [self.home / "bin/octodns-sync", "--config-file", "config.yaml", *flags]
        return run(command, folder, clouds.environment)

    def apply(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        return self.sync(folder, clouds, "--doit", "--force")

    def look(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        (folder / "output.txt").unlink(missing_ok=True)
        measured = self.sync(folder, clouds)
        if "No changes were planned" not in (folder / "output.txt").read_text(errors="replace"):
            raise RuntimeError("octoDNS plans something where nothing is to do")
        return measured

    def remove(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        self.zone(folder, clouds, {})
        return self.sync(folder, clouds, "--doit", "--force")


class OpenTofu(Tool):
    """OpenTofu with one provider; both are programs that somebody installed."""

    def __init__(self, tofu: Optional[Path], provider: Optional[Path], cloud: str) -> None:
        self.cloud, self.name = cloud, f"OpenTofu ({cloud})"
        if not tofu or not tofu.exists():
            raise Missing("give its program with `--tofu`")
        if not provider or not provider.exists():
            raise Missing(f"give the program of the provider with `--provider-{cloud.lower()}`")
        self.tofu, self.provider = tofu.resolve(), provider.resolve()

    def version(self) -> str:
        # Without a file of its own it prints a warning first.
        environment = {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "HOME": "/nonexistent"}
        told = subprocess.run([self.tofu, "version"], text=True, capture_output=True, env=environment).stdout
        tofu = next((line.split()[-1].lstrip("v") for line in told.splitlines() if line.startswith("OpenTofu v")), "of unknown version")
        return f"{tofu}, {self.provider.name}"

    def refusal(self, work: Work) -> Optional[str]:
        if isinstance(work, Records if self.cloud == "Cloudflare" else Servers):
            return None
        return "another provider does this"

    def prepare(self, folder: Path, clouds: Clouds) -> None:
        # Programs of providers are found by their names.
        source = "cloudflare/cloudflare" if self.cloud == "Cloudflare" else "sacloud/sakuracloud"
        (folder / "tofu.rc").write_text(
            'provider_installation {\n  dev_overrides { "%s" = "%s" }\n  direct {}\n}\n' % (source, self.provider.parent)
        )

    def write(self, work: Work, folder: Path, clouds: Clouds, changed: bool) -> None:
        text = self.records(work, clouds, changed) if isinstance(work, Records) else self.servers(work, changed)
        (folder / "main.tf").write_text(text)

    def records(self, work: Records, clouds: Clouds, changed: bool) -> str:
        blocks = "".join(
            f'resource "cloudflare_record" "{name}" {{\n  zone_id = local.zone\n'
            f'  name = "{name}"\n  type = "A"\n  content = "{value}"\n  ttl = 300\n}}\n'
            for name, value in work.values(changed).items()
        )
        # Its own limit of four requests a second is that of the cloud; without the one, the other is not measured either.
        pace = f"  rps = {100000 if clouds.unlimited else 4}\n"
        return (
            'terraform {\n  required_providers {\n    cloudflare = { source = "cloudflare/cloudflare" }\n  }\n}\n'
            f'provider "cloudflare" {{\n{pace}}}\nlocals {{ zone = "{clouds.zone(ZONES[0])}" }}\n{blocks}'
        )

    def servers(self, work: Work, changed: bool) -> str:
        assert isinstance(work, Servers)
        blocks = []
        for number, name in enumerate(work.names()):
            tags = '["changed"]' if changed and number == 0 else "[]"
            blocks.append(
                f'resource "sakuracloud_disk" "{name}" {{\n  name = "{name}"\n  size = 40\n'
                "  source_archive_id = data.sakuracloud_archive.os.id\n}\n"
                f'resource "sakuracloud_server" "{name}" {{\n  name = "{name}"\n  core = 2\n  memory = 4\n'
                f"  disks = [sakuracloud_disk.{name}.id]\n  tags = {tags}\n"
                '  network_interface { upstream = "shared" }\n}\n'
            )
        return (
            'terraform {\n  required_providers {\n    sakuracloud = { source = "sacloud/sakuracloud" }\n  }\n}\n'
            'provider "sakuracloud" {\n  zone = "tk1a"\n}\ndata "sakuracloud_archive" "os" { os_type = "ubuntu" }\n'
            + "".join(blocks)
        )

    def go(self, folder: Path, clouds: Clouds, *words: str) -> Measured:
        own = {"TF_CLI_CONFIG_FILE": str(folder / "tofu.rc"), "CHECKPOINT_DISABLE": "1", "HOME": str(folder)}
        environment = {name: value for name, value in clouds.environment.items() if "BASE_URL" not in name} | own
        if self.cloud != "Cloudflare":
            return run([self.tofu, *words, "-no-color"], folder, environment)
        front = Front(folder, clouds.base.removeprefix("http://"))
        try:
            environment |= {"CLOUDFLARE_API_HOSTNAME": front.address, "SSL_CERT_FILE": str(front.certificate)}
            return run([self.tofu, *words, "-no-color"], folder, environment)
        finally:
            front.close()

    def apply(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        return self.go(folder, clouds, "apply", "-auto-approve")

    def look(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        return self.go(folder, clouds, "plan", "-detailed-exitcode")

    def remove(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        return self.go(folder, clouds, "destroy", "-auto-approve")


class Commands(Tool):
    """A tool with a command for each thing, which compares nothing: there is no plan."""

    def look(self, work: Work, folder: Path, clouds: Clouds) -> Optional[Measured]:
        return None

    def all(self, commands: list[list[object]], folder: Path, environment: dict[str, str]) -> Measured:
        measured = Measured()
        for command in commands:
            measured = measured.then(run(command, folder, environment))
        return measured


class Wrangler(Commands):
    name = "wrangler"
    package = "wrangler@4.86.0"

    def __init__(self) -> None:
        self.program = CACHE / "wrangler/node_modules/.bin/wrangler"
        if self.program.exists():
            return
        (CACHE / "wrangler").mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(CACHE / "wrangler"), self.package]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except (subprocess.CalledProcessError, OSError) as error:
            raise Missing(f"npm did not give it ({error})") from None

    def version(self) -> str:
        return self.package.partition("@")[2]

    def refusal(self, work: Work) -> Optional[str]:
        return None if isinstance(work, Stores) else "it is about Workers and their storage"

    def write(self, work: Work, folder: Path, clouds: Clouds, changed: bool) -> None:
        assert isinstance(work, Stores)
        work.write(folder, changed)
        for name in work.workers():
            script = "changed.js" if changed and name == work.workers()[0] else "worker.js"
            settings = {"name": name, "main": script, "compatibility_date": "2026-01-31", "workers_dev": False}
            (folder / f"{name}.json").write_text(json.dumps(settings))

    def go(self, folder: Path, clouds: Clouds, lines: list[str]) -> Measured:
        own = {"HOME": str(folder), "CI": "1", "NO_COLOR": "1", "WRANGLER_SEND_METRICS": "false"}
        commands: list[list[object]] = [[self.program, *line.split()] for line in lines]
        return self.all(commands, folder, {**clouds.environment, **own})

    def apply(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        assert isinstance(work, Stores)
        if (folder / "made").exists():
            # Whoever works with commands knows what changed.
            return self.go(folder, clouds, [f"deploy --config {work.workers()[0]}.json"])
        lines = [f"r2 bucket create {name}" for name in work.buckets()]
        lines += [f"kv namespace create {name}" for name in work.namespaces()]
        lines += [f"deploy --config {name}.json" for name in work.workers()]
        measured = self.go(folder, clouds, lines)
        (folder / "made").touch()
        return measured

    def remove(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        assert isinstance(work, Stores)
        lines = [f"delete --name {name} --force" for name in work.workers()]
        lines += [f"kv namespace delete --namespace-id {id} -y" for id in clouds.namespaces()]
        lines += [f"r2 bucket delete {name}" for name in work.buckets()]
        return self.go(folder, clouds, lines)


class Usacloud(Commands):
    name = "usacloud"

    def __init__(self, program: Optional[Path]) -> None:
        if not program or not program.exists():
            raise Missing("give its program with `--usacloud`")
        self.program = program.resolve()

    def version(self) -> str:
        return subprocess.check_output([self.program, "version"], text=True).split()[0].strip(",")

    def refusal(self, work: Work) -> Optional[str]:
        return None if isinstance(work, Servers) else "it is about SAKURA Cloud"

    def write(self, work: Work, folder: Path, clouds: Clouds, changed: bool) -> None:
        """It reads no file."""

    def go(self, folder: Path, clouds: Clouds, lines: list[str]) -> Measured:
        commands: list[list[object]] = [[self.program, *line.split(), "--zone", "tk1a", "-y"] for line in lines]
        return self.all(commands, folder, {**clouds.environment, "HOME": str(folder)})

    def apply(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        assert isinstance(work, Servers)
        if (folder / "made").exists():
            return self.go(folder, clouds, [f"server update {work.names()[0]} --tags changed"])
        shape = "--cpu 2 --memory 4 --disk-os-type ubuntu --disk-size 40 --network-interface-upstream shared"
        lines = [f"server create --name {name} --disk-name {name} {shape} --boot-after-create" for name in work.names()]
        measured = self.go(folder, clouds, lines)
        (folder / "made").touch()
        return measured

    def remove(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        assert isinstance(work, Servers)
        return self.go(folder, clouds, [f"server delete {name} --with-disks --force" for name in work.names()])


class Compose(Commands):
    name = "docker compose"

    def __init__(self, program: Optional[Path]) -> None:
        found = program or (Path(shutil.which("docker-compose") or "") if shutil.which("docker-compose") else None)
        if not found or not found.exists():
            raise Missing("there is no docker-compose on the path; Debian's package `docker-compose` has one, or give `--compose`")
        self.program = found

    def version(self) -> str:
        return subprocess.check_output([self.program, "version", "--short"], text=True).strip()

    def refusal(self, work: Work) -> Optional[str]:
        return None if isinstance(work, Services) else "it is about containers"

    def write(self, work: Work, folder: Path, clouds: Clouds, changed: bool) -> None:
        assert isinstance(work, Services)
        lines = ["services:"]
        for number, name in enumerate(work.names()):
            lines += [f"  {name}:", f"    image: {work.image(number, changed)}", f'    ports: ["{8000 + number}:{8000 + number}"]']
            lines += ["    restart: unless-stopped"]
        (folder / "compose.yaml").write_text("\n".join(lines) + "\n")

    def go(self, folder: Path, clouds: Clouds, *words: str) -> Measured:
        environment = {"DOCKER_HOST": clouds.environment["DOCKER_HOST"], "HOME": str(folder), "COMPOSE_PROJECT_NAME": "bench"}
        return run([self.program, "-f", "compose.yaml", *words], folder, environment)

    def apply(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        assert isinstance(work, Services)
        first = Measured()
        if (folder / "made").exists():
            # Version 1 cannot replace a container on engines from 25 on: it looks for a field that images have no longer.
            first = self.go(folder, clouds, "rm", "--stop", "--force", work.names()[0])
        (folder / "made").touch()
        return first.then(self.go(folder, clouds, "up", "-d"))

    def look(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        # It has no plan; what comes nearest is to bring up what is up.
        return self.go(folder, clouds, "up", "-d", "--no-recreate")

    def remove(self, work: Work, folder: Path, clouds: Clouds) -> Measured:
        return self.go(folder, clouds, "down", "-v")
