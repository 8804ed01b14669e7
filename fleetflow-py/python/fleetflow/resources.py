"""The resources of a stack, and what they are made of.

Generated from FleetFlow's catalog of kinds: change the Rust types, then run
``FLEETFLOW_REGENERATE=1 cargo test -p fleetflow-py``.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import AbstractSet, Dict, Literal, Mapping, Sequence, Type

from .resource import Part, Resource
from .values import FilePath, Output, Text

__all__ = [
    "KINDS",
    "Server",
    "Scale",
    "SshKey",
    "PacketFilter",
    "Switch",
    "StartupScript",
    "ServiceGroup",
    "DeployServices",
    "R2Bucket",
    "Dns",
    "Worker",
    "KvNamespace",
    "Pages",
    "AiBinding",
    "AiSearchBinding",
    "AiSearchNamespaceBinding",
    "AnalyticsEngineBinding",
    "AssetsBinding",
    "BrowserBinding",
    "BucketLifecycle",
    "Build",
    "BuildArgument",
    "Cors",
    "CustomDomain",
    "D1Binding",
    "Disk",
    "DispatchNamespaceBinding",
    "DurableObjectBinding",
    "FlagshipBinding",
    "HealthCheck",
    "HyperdriveBinding",
    "ImagesBinding",
    "JsonBinding",
    "KvBinding",
    "LifecycleRule",
    "Location",
    "MediaBinding",
    "MessagingBinding",
    "Migration",
    "Mount",
    "MtlsCertificateBinding",
    "Nic",
    "Observability",
    "PacketRule",
    "PipelineBinding",
    "Plan",
    "Port",
    "QueueBinding",
    "R2Binding",
    "RateLimitBinding",
    "Record",
    "RenamedClass",
    "SecretBinding",
    "SecretKeyBinding",
    "SecretsStoreBinding",
    "SendEmailBinding",
    "Service",
    "ServiceBinding",
    "Ssh",
    "TransferredClass",
    "VarBinding",
    "VectorizeBinding",
    "VersionMetadataBinding",
    "VpcNetworkBinding",
    "VpcServiceBinding",
    "WorkflowBinding",
]


class AiBinding(Part):
    """Workers AI.

    Args:
        name: The name in the code.
    """

    _TYPE = "ai"
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
    ) -> None:
        super().__init__(
            name=name,
        )


class AiSearchBinding(Part):
    """An instance of AI Search.

    Args:
        name: The name in the code.
        instance: The instance.
        namespace: Its namespace.
    """

    _TYPE = "ai-search"
    _NAMED = ("name", "instance")

    def __init__(
        self,
        name: str,
        instance: str,
        *,
        namespace: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            instance=instance,
            namespace=namespace,
        )


class AiSearchNamespaceBinding(Part):
    """A namespace of AI Search.

    Args:
        name: The name in the code.
        namespace: The namespace.
    """

    _TYPE = "ai-search-namespace"
    _NAMED = ("name", "namespace")

    def __init__(
        self,
        name: str,
        namespace: str,
    ) -> None:
        super().__init__(
            name=name,
            namespace=namespace,
        )


class AnalyticsEngineBinding(Part):
    """A dataset of Analytics Engine.

    Args:
        name: The name in the code.
        dataset: The dataset.
    """

    _TYPE = "analytics-engine"
    _NAMED = ("name", "dataset")

    def __init__(
        self,
        name: str,
        dataset: str,
    ) -> None:
        super().__init__(
            name=name,
            dataset=dataset,
        )


class AssetsBinding(Part):
    """Static files that are served beside the code.

    Args:
        folder: The folder.
        name: The name in the code.
    """

    _TYPE = "assets"
    _NAMED = ("folder",)

    def __init__(
        self,
        folder: FilePath,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(
            folder=folder,
            name=name,
        )


class BrowserBinding(Part):
    """A browser that code drives.

    Args:
        name: The name in the code.
    """

    _TYPE = "browser"
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
    ) -> None:
        super().__init__(
            name=name,
        )


class BucketLifecycle(Part):
    """What happens to objects as they age. Rules that FleetFlow did not make stay.

    Args:
        rule: The rules.
    """

    def __init__(
        self,
        *,
        rule: LifecycleRule | str | Sequence[LifecycleRule | str] | None = None,
    ) -> None:
        super().__init__(
            rule=rule,
        )

    def rule(
        self,
        id: str,
        *,
        abort_uploads_after_days: int | None = None,
        delete_after_days: int | None = None,
        delete_on: str | None = None,
        enabled: bool | None = None,
        infrequent_access_after_days: int | None = None,
        infrequent_access_on: str | None = None,
        prefix: str | None = None,
    ) -> LifecycleRule:
        """Adds to ``rule``, and returns what was added.

        Args:
            id: Its name in the bucket.
            abort_uploads_after_days: Unfinished uploads are dropped after so many days (1 or more).
            delete_after_days: Objects are deleted after so many days (1 or more).
            delete_on: Objects are deleted on this day: ``2027-01-31``.
            enabled: Whether it works; it does by default.
            infrequent_access_after_days: Objects become ``InfrequentAccess`` after so many days (1 or more).
            infrequent_access_on: Objects become ``InfrequentAccess`` on this day: ``2027-01-31``.
            prefix: Only objects whose keys begin with this; all of them by default.
        """
        part = LifecycleRule(
            id=id,
            abort_uploads_after_days=abort_uploads_after_days,
            delete_after_days=delete_after_days,
            delete_on=delete_on,
            enabled=enabled,
            infrequent_access_after_days=infrequent_access_after_days,
            infrequent_access_on=infrequent_access_on,
            prefix=prefix,
        )
        self._append("rule", part)
        return part


class Build(Part):
    """An image that is built from a folder on the machine that FleetFlow runs on.

    Args:
        context: The folder that is sent to the engine, without what its ``.dockerignore`` names.
        arg: Arguments of the build.
        dockerfile: The Dockerfile, relative to the folder; ``Dockerfile`` without it.
        on: Where it is built: on the ``server`` that runs it, or on the ``local`` engine, from where the
            finished image is sent to the servers, without the layers that they have.
        platform: The platform to build for: ``linux/amd64``.
        target: The stage of the Dockerfile to stop at.
    """

    _NAMED = ("context",)

    def __init__(
        self,
        context: FilePath,
        *,
        arg: BuildArgument | Sequence[BuildArgument] | None = None,
        dockerfile: str | None = None,
        on: Literal["server", "local"] | None = None,
        platform: str | None = None,
        target: str | None = None,
    ) -> None:
        super().__init__(
            context=context,
            arg=arg,
            dockerfile=dockerfile,
            on=on,
            platform=platform,
            target=target,
        )

    def arg(
        self,
        name: str,
        value: Text,
    ) -> BuildArgument:
        """Adds to ``arg``, and returns what was added.

        Args:
            name: Its name.
            value: Its value. A secret here stays readable in the history of the image.
        """
        part = BuildArgument(
            name=name,
            value=value,
        )
        self._append("arg", part)
        return part


class BuildArgument(Part):
    """One ``ARG`` of a build.

    Args:
        name: Its name.
        value: Its value. A secret here stays readable in the history of the image.
    """

    _NAMED = ("name", "value")

    def __init__(
        self,
        name: str,
        value: Text,
    ) -> None:
        super().__init__(
            name=name,
            value=value,
        )


class Cors(Part):
    """Which web pages may use the bucket, and how.

    Args:
        allowed_methods: The methods they may use.
        allowed_origins: Origins of pages that may use the bucket: ``https://app.example.jp``, or ``*``.
        allowed_headers: Request headers they may send.
        expose_headers: Response headers they may read.
        max_age: Seconds that browsers keep the answer, at most 86400 (0 to 86400).
    """

    def __init__(
        self,
        *,
        allowed_methods: Literal["GET", "PUT", "POST", "DELETE", "HEAD"] | Sequence[Literal["GET", "PUT", "POST", "DELETE", "HEAD"]],
        allowed_origins: str | Sequence[str],
        allowed_headers: str | Sequence[str] | None = None,
        expose_headers: str | Sequence[str] | None = None,
        max_age: int | None = None,
    ) -> None:
        super().__init__(
            allowed_methods=allowed_methods,
            allowed_origins=allowed_origins,
            allowed_headers=allowed_headers,
            expose_headers=expose_headers,
            max_age=max_age,
        )


class CustomDomain(Part):
    """A host under which the bucket is public. R2 makes its DNS record and its certificate.

    Args:
        domain: The host: ``cdn.example.jp``. Its zone must be in the account of the bucket.
        min_tls: The lowest version of TLS.
        zone: The zone, where it is not the nearest one above the host.
    """

    _NAMED = ("domain",)

    def __init__(
        self,
        domain: str,
        *,
        min_tls: Literal["1.0", "1.1", "1.2", "1.3"] | None = None,
        zone: str | None = None,
    ) -> None:
        super().__init__(
            domain=domain,
            min_tls=min_tls,
            zone=zone,
        )


class D1Binding(Part):
    """A database of D1.

    Args:
        name: The name in the code.
        database: The database's id.
    """

    _TYPE = "d1"
    _NAMED = ("name", "database")

    def __init__(
        self,
        name: str,
        database: Text,
    ) -> None:
        super().__init__(
            name=name,
            database=database,
        )


class Disk(Part):
    """A disk.

    Args:
        size: GiB, one of the sizes that the cloud sells (20 to 20480).
        os: The operating system that is copied to it: ``ubuntu-24.04``.
        encryption: Whether and how the cloud encrypts it.
        kms_key: The id of the key of yours, in SAKURA Cloud's key management, that it is encrypted with.
        name: Its name in the cloud; the server's name without it.
        plan: What it is made of.
        source_archive: The id of an archive that is copied to it.
        source_disk: The id of a disk that is copied to it.
    """

    _NAMED = ("size", "os")

    def __init__(
        self,
        size: int,
        os: str | None = None,
        *,
        encryption: Literal["none", "aes256-xts"] | None = None,
        kms_key: str | None = None,
        name: str | None = None,
        plan: Literal["ssd", "hdd"] = "ssd",
        source_archive: str | None = None,
        source_disk: str | None = None,
    ) -> None:
        super().__init__(
            size=size,
            os=os,
            encryption=encryption,
            kms_key=kms_key,
            name=name,
            plan=plan,
            source_archive=source_archive,
            source_disk=source_disk,
        )


class DispatchNamespaceBinding(Part):
    """A namespace of Workers for Platforms.

    Args:
        name: The name in the code.
        namespace: The namespace.
        outbound: The Worker that requests of its Workers go through.
        parameter: What is handed to that Worker, by name.
    """

    _TYPE = "dispatch-namespace"
    _NAMED = ("name", "namespace")

    def __init__(
        self,
        name: str,
        namespace: str,
        *,
        outbound: str | None = None,
        parameter: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__(
            name=name,
            namespace=namespace,
            outbound=outbound,
            parameter=parameter,
        )


class DurableObjectBinding(Part):
    """A class of Durable Objects: one of this Worker, which a ``migration`` makes, or one of another Worker.

    Args:
        name: The name in the code.
        class_: The class.
        worker: The Worker that has the class; this one by default.
    """

    _TYPE = "durable-object"
    _NAMED = ("name", "class")

    def __init__(
        self,
        name: str,
        class_: str,
        *,
        worker: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            **{"class": class_},
            worker=worker,
        )


class FlagshipBinding(Part):
    """Feature flags of Flagship.

    Args:
        name: The name in the code.
        app: The app's id.
    """

    _TYPE = "flagship"
    _NAMED = ("name", "app")

    def __init__(
        self,
        name: str,
        app: str,
    ) -> None:
        super().__init__(
            name=name,
            app=app,
        )


class HealthCheck(Part):
    """A check that the engine repeats inside the container: a command, or an HTTP request.

    Args:
        test: The command: ``CMD`` and its words, ``CMD-SHELL`` and a line for the container's shell, a line
            alone, or ``NONE`` to switch off the check that the image brings.
        http: A path to be requested by ``wget`` or ``curl`` of the image; any status below 400 is healthy.
        interval: The pause between two checks; 30 s without it.
        port: The port of the request; the service's first port without it (1 to 65535).
        retries: How many failures in a row make it unhealthy; 3 without it (1 to 1000).
        start_period: For how long after the start failures do not count.
        timeout: How long one check may take; 30 s without it.
    """

    _NAMED = ("test",)

    def __init__(
        self,
        test: str | Sequence[str] | None = None,
        *,
        http: str | None = None,
        interval: str | None = None,
        port: int | None = None,
        retries: int | None = None,
        start_period: str | None = None,
        timeout: str | None = None,
    ) -> None:
        super().__init__(
            test=test,
            http=http,
            interval=interval,
            port=port,
            retries=retries,
            start_period=start_period,
            timeout=timeout,
        )


class HyperdriveBinding(Part):
    """A configuration of Hyperdrive.

    Args:
        name: The name in the code.
        id: The configuration's id.
    """

    _TYPE = "hyperdrive"
    _NAMED = ("name", "id")

    def __init__(
        self,
        name: str,
        id: Text,
    ) -> None:
        super().__init__(
            name=name,
            id=id,
        )


class ImagesBinding(Part):
    """Cloudflare Images.

    Args:
        name: The name in the code.
    """

    _TYPE = "images"
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
    ) -> None:
        super().__init__(
            name=name,
        )


class JsonBinding(Part):
    """A value of JSON that everybody may see.

    Args:
        name: The name in the code.
        value: The value, written as JSON.
    """

    _TYPE = "json"
    _NAMED = ("name", "value")

    def __init__(
        self,
        name: str,
        value: Text,
    ) -> None:
        super().__init__(
            name=name,
            value=value,
        )


class KvBinding(Part):
    """A namespace of Workers KV; one that nobody declares is made.

    Args:
        name: The name in the code.
        namespace: The namespace: the name of one that the stack has, a reference to an id, or an id.
    """

    _TYPE = "kv"
    _NAMED = ("name", "namespace")

    def __init__(
        self,
        name: str,
        namespace: Text,
    ) -> None:
        super().__init__(
            name=name,
            namespace=namespace,
        )


class LifecycleRule(Part):
    """One rule about ageing objects.

    Args:
        id: Its name in the bucket.
        abort_uploads_after_days: Unfinished uploads are dropped after so many days (1 or more).
        delete_after_days: Objects are deleted after so many days (1 or more).
        delete_on: Objects are deleted on this day: ``2027-01-31``.
        enabled: Whether it works; it does by default.
        infrequent_access_after_days: Objects become ``InfrequentAccess`` after so many days (1 or more).
        infrequent_access_on: Objects become ``InfrequentAccess`` on this day: ``2027-01-31``.
        prefix: Only objects whose keys begin with this; all of them by default.
    """

    _NAMED = ("id",)

    def __init__(
        self,
        id: str,
        *,
        abort_uploads_after_days: int | None = None,
        delete_after_days: int | None = None,
        delete_on: str | None = None,
        enabled: bool | None = None,
        infrequent_access_after_days: int | None = None,
        infrequent_access_on: str | None = None,
        prefix: str | None = None,
    ) -> None:
        super().__init__(
            id=id,
            abort_uploads_after_days=abort_uploads_after_days,
            delete_after_days=delete_after_days,
            delete_on=delete_on,
            enabled=enabled,
            infrequent_access_after_days=infrequent_access_after_days,
            infrequent_access_on=infrequent_access_on,
            prefix=prefix,
        )


class Location(Part):
    """A place on earth (RFC 1876).

    Args:
        lat_degrees: Degrees of latitude (0 to 90).
        lat_direction: ``N`` or ``S``.
        long_degrees: Degrees of longitude (0 to 180).
        long_direction: ``E`` or ``W``.
        altitude: Metres above the reference (-100000 to 42849672.95).
        lat_minutes: Minutes of latitude (0 to 59).
        lat_seconds: Seconds of latitude (0 to 59.999).
        long_minutes: Minutes of longitude (0 to 59).
        long_seconds: Seconds of longitude (0 to 59.999).
        precision_horz: Horizontal precision in metres (0 to 90000000).
        precision_vert: Vertical precision in metres (0 to 90000000).
        size: Diameter in metres (0 to 90000000).
    """

    def __init__(
        self,
        *,
        lat_degrees: int,
        lat_direction: Literal["N", "S"],
        long_degrees: int,
        long_direction: Literal["E", "W"],
        altitude: float = 0.0,
        lat_minutes: int = 0,
        lat_seconds: float = 0.0,
        long_minutes: int = 0,
        long_seconds: float = 0.0,
        precision_horz: float = 0.0,
        precision_vert: float = 0.0,
        size: float = 0.0,
    ) -> None:
        super().__init__(
            lat_degrees=lat_degrees,
            lat_direction=lat_direction,
            long_degrees=long_degrees,
            long_direction=long_direction,
            altitude=altitude,
            lat_minutes=lat_minutes,
            lat_seconds=lat_seconds,
            long_minutes=long_minutes,
            long_seconds=long_seconds,
            precision_horz=precision_horz,
            precision_vert=precision_vert,
            size=size,
        )


class MediaBinding(Part):
    """Transformations of media.

    Args:
        name: The name in the code.
    """

    _TYPE = "media"
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
    ) -> None:
        super().__init__(
            name=name,
        )


class MessagingBinding(Part):
    """A namespace of messaging.

    Args:
        name: The name in the code.
        namespace: The namespace.
    """

    _TYPE = "messaging"
    _NAMED = ("name", "namespace")

    def __init__(
        self,
        name: str,
        namespace: str,
    ) -> None:
        super().__init__(
            name=name,
            namespace=namespace,
        )


class Migration(Part):
    """A step in the life of a Worker's classes of Durable Objects. Each is carried out once, in their order: what
    was carried out stays in the list.

    Args:
        tag: Its name, another one for each: ``v1``.
        deleted_class: Classes that are deleted, with all that their objects hold.
        new_class: Classes that begin to store objects, in the older key-value form.
        new_sqlite_class: Classes that begin to store objects, in SQLite.
        renamed_class: Classes that have another name now.
        transferred_class: Classes that come from another Worker, with all that their objects hold.
    """

    _NAMED = ("tag",)

    def __init__(
        self,
        tag: str,
        *,
        deleted_class: str | Sequence[str] | None = None,
        new_class: str | Sequence[str] | None = None,
        new_sqlite_class: str | Sequence[str] | None = None,
        renamed_class: RenamedClass | Sequence[RenamedClass] | None = None,
        transferred_class: TransferredClass | Sequence[TransferredClass] | None = None,
    ) -> None:
        super().__init__(
            tag=tag,
            deleted_class=deleted_class,
            new_class=new_class,
            new_sqlite_class=new_sqlite_class,
            renamed_class=renamed_class,
            transferred_class=transferred_class,
        )

    def renamed_class(
        self,
        from_: str,
        to: str,
    ) -> RenamedClass:
        """Adds to ``renamed_class``, and returns what was added.

        Args:
            from_: Its name before.
            to: Its name now.
        """
        part = RenamedClass(
            from_=from_,
            to=to,
        )
        self._append("renamed_class", part)
        return part

    def transferred_class(
        self,
        from_: str,
        to: str,
        *,
        worker: str,
    ) -> TransferredClass:
        """Adds to ``transferred_class``, and returns what was added.

        Args:
            from_: Its name there.
            to: Its name here.
            worker: The Worker that it comes from.
        """
        part = TransferredClass(
            from_=from_,
            to=to,
            worker=worker,
        )
        self._append("transferred_class", part)
        return part


class Mount(Part):
    """A part of a declaration: mount.

    Args:
        source: 
        target: 
        read_only: 
    """

    def __init__(
        self,
        *,
        source: str,
        target: str,
        read_only: bool = False,
    ) -> None:
        super().__init__(
            source=source,
            target=target,
            read_only=read_only,
        )


class MtlsCertificateBinding(Part):
    """A client certificate for requests to others.

    Args:
        name: The name in the code.
        certificate: The certificate's id.
    """

    _TYPE = "mtls-certificate"
    _NAMED = ("name", "certificate")

    def __init__(
        self,
        name: str,
        certificate: Text,
    ) -> None:
        super().__init__(
            name=name,
            certificate=certificate,
        )


class Nic(Part):
    """A network interface on a switch.

    Args:
        switch: The switch that it is plugged into: the name of a declared one, or an id.
        gateway: The gateway: needed where the server has no internet interface, on the first interface.
        ip: Its static address with the length of the network's prefix, ``192.168.0.11/24``; without one, it is
            left to the server. Each further replica takes the next address.
        packet_filter: A packet filter before it: the name of a declared one, or an id.
    """

    _NAMED = ("switch",)

    def __init__(
        self,
        switch: Text,
        *,
        gateway: str | None = None,
        ip: str | None = None,
        packet_filter: Text | None = None,
    ) -> None:
        super().__init__(
            switch=switch,
            gateway=gateway,
            ip=ip,
            packet_filter=packet_filter,
        )


class Observability(Part):
    """What is logged and traced of a Worker.

    Args:
        enabled: Whether anything is.
        head_sampling_rate: The share of requests that are, from 0 to 1 (0 to 1).
    """

    _NAMED = ("enabled",)

    def __init__(
        self,
        enabled: bool,
        *,
        head_sampling_rate: float | None = None,
    ) -> None:
        super().__init__(
            enabled=enabled,
            head_sampling_rate=head_sampling_rate,
        )


class PacketRule(Part):
    """One rule: the packets it fits, and what becomes of them.

    Args:
        protocol: What kind of packet.
        port: The port it goes to: ``443``.
        action: What becomes of it.
        description: A description for people.
        source: Where it comes from: ``192.0.2.0/24``; from anywhere without it.
        source_port: The port it comes from: ``1024-65535``.
    """

    _NAMED = ("protocol", "port")

    def __init__(
        self,
        protocol: Literal["http", "https", "tcp", "udp", "icmp", "fragment", "ip"],
        port: str | None = None,
        *,
        action: Literal["allow", "deny"] = "allow",
        description: str | None = None,
        source: str | None = None,
        source_port: str | None = None,
    ) -> None:
        super().__init__(
            protocol=protocol,
            port=port,
            action=action,
            description=description,
            source=source,
            source_port=source_port,
        )


class PipelineBinding(Part):
    """A pipeline to write to.

    Args:
        name: The name in the code.
        pipeline: The pipeline.
    """

    _TYPE = "pipeline"
    _NAMED = ("name", "pipeline")

    def __init__(
        self,
        name: str,
        pipeline: Text,
    ) -> None:
        super().__init__(
            name=name,
            pipeline=pipeline,
        )


class Plan(Part):
    """The size of a server.

    Args:
        core: Virtual cores (1 to 224).
        memory: Memory in GiB (1 to 2048).
        commitment: Whether the cores are shared with others.
        generation: The generation of the machines, 100 or 200; the cloud chooses without it (100 to 999).
    """

    _NAMED = ("core", "memory")

    def __init__(
        self,
        core: int,
        memory: int,
        *,
        commitment: Literal["standard", "dedicated"] = "standard",
        generation: int | None = None,
    ) -> None:
        super().__init__(
            core=core,
            memory=memory,
            commitment=commitment,
            generation=generation,
        )


class Port(Part):
    """A part of a declaration: port.

    Args:
        container:  (1 to 65535).
        host:  (1 to 65535).
        host_ip: 
        protocol: The protocol of a port.
    """

    def __init__(
        self,
        *,
        container: int,
        host: int | None = None,
        host_ip: str | None = None,
        protocol: Literal["tcp", "udp", "sctp"] = "tcp",
    ) -> None:
        super().__init__(
            container=container,
            host=host,
            host_ip=host_ip,
            protocol=protocol,
        )


class QueueBinding(Part):
    """A queue to send to.

    Args:
        name: The name in the code.
        queue: The queue.
        delivery_delay: Seconds that messages wait before they are delivered.
    """

    _TYPE = "queue"
    _NAMED = ("name", "queue")

    def __init__(
        self,
        name: str,
        queue: Text,
        *,
        delivery_delay: int | None = None,
    ) -> None:
        super().__init__(
            name=name,
            queue=queue,
            delivery_delay=delivery_delay,
        )


class R2Binding(Part):
    """A bucket of R2.

    Args:
        name: The name in the code.
        bucket: The bucket.
        jurisdiction: The bucket's jurisdiction, where the stack does not declare the bucket.
    """

    _TYPE = "r2"
    _NAMED = ("name", "bucket")

    def __init__(
        self,
        name: str,
        bucket: Text,
        *,
        jurisdiction: Literal["default", "eu", "fedramp"] | None = None,
    ) -> None:
        super().__init__(
            name=name,
            bucket=bucket,
            jurisdiction=jurisdiction,
        )


class RateLimitBinding(Part):
    """A counter of calls.

    Args:
        name: The name in the code.
        namespace: A number of your own, written as a text; the same number shares its counters.
        limit: The most calls in a period.
        period: The period in seconds: 10 or 60.
    """

    _TYPE = "rate-limit"
    _NAMED = ("name", "namespace")

    def __init__(
        self,
        name: str,
        namespace: str,
        *,
        limit: int,
        period: int,
    ) -> None:
        super().__init__(
            name=name,
            namespace=namespace,
            limit=limit,
            period=period,
        )


class Record(Part):
    """Records of one name and type in a zone. Several values are several records.

    Args:
        name: ``@`` for the zone itself, a name below it (``www``, ``*.dev``), or a full name.
        type: The type: ``A``, ``AAAA``, ``CNAME``, ``MX``, ``TXT``, ...
        algorithm: SSHFP: the algorithm of the key; 4 is Ed25519 (0 to 255).
        comment: A note beside the record. FleetFlow's owner mark stands there too, and both share 100
            characters on a free zone.
        fingerprint_type: SSHFP: 1 for SHA-1, 2 for SHA-256 (0 to 255).
        flags: CAA: 0, or 128 for critical (0 to 255).
        location: LOC: the place.
        matching_type: TLSA: 0 for the data itself, 1 for SHA-256, 2 for SHA-512 (0 to 255).
        params: HTTPS, SVCB: the parameters, for example ``alpn="h3,h2"``.
        port: SRV: the port (0 to 65535).
        priority: MX, SRV, URI, HTTPS, SVCB: lower is preferred; 0 makes an HTTPS or SVCB record an alias (0 to
            65535).
        proxied: Whether traffic goes through Cloudflare; only for A, AAAA and CNAME.
        selector: TLSA: 0 for the whole certificate, 1 for its public key (0 to 255).
        tag: CAA: ``issue``, ``issuewild`` or ``iodef``.
        ttl: Seconds that resolvers keep it: 60 to 86400 (from 30 on Enterprise), or 1 for automatic, which is
            the default.
        usage: TLSA: how the certificate is to be used, 0 to 3 (0 to 255).
        value: The values: an address, a host, a text. Each one is a record. A LOC record has none.
        weight: SRV, URI: the share among records of one priority (0 to 65535).
    """

    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        type: Literal["A", "AAAA", "CAA", "CNAME", "HTTPS", "LOC", "MX", "NS", "PTR", "SRV", "SSHFP", "SVCB", "TLSA", "TXT", "URI"],
        algorithm: int | None = None,
        comment: str | None = None,
        fingerprint_type: int | None = None,
        flags: int | None = None,
        location: Location | None = None,
        matching_type: int | None = None,
        params: str | None = None,
        port: int | None = None,
        priority: int | None = None,
        proxied: bool | None = None,
        selector: int | None = None,
        tag: Literal["issue", "issuewild", "iodef"] | None = None,
        ttl: int | None = None,
        usage: int | None = None,
        value: Text | Sequence[Text] | None = None,
        weight: int | None = None,
    ) -> None:
        super().__init__(
            name=name,
            type=type,
            algorithm=algorithm,
            comment=comment,
            fingerprint_type=fingerprint_type,
            flags=flags,
            location=location,
            matching_type=matching_type,
            params=params,
            port=port,
            priority=priority,
            proxied=proxied,
            selector=selector,
            tag=tag,
            ttl=ttl,
            usage=usage,
            value=value,
            weight=weight,
        )


class RenamedClass(Part):
    """A class with another name.

    Args:
        from_: Its name before.
        to: Its name now.
    """

    _NAMED = ("from", "to")

    def __init__(
        self,
        from_: str,
        to: str,
    ) -> None:
        super().__init__(
            **{"from": from_},
            to=to,
        )


class SecretBinding(Part):
    """A text that nobody may see.

    Args:
        name: The name in the code.
        value: The text.
    """

    _TYPE = "secret"
    _NAMED = ("name", "value")

    def __init__(
        self,
        name: str,
        value: Text,
    ) -> None:
        super().__init__(
            name=name,
            value=value,
        )


class SecretKeyBinding(Part):
    """A key that code uses without seeing it.

    Args:
        name: The name in the code.
        key: The key: a JSON Web Key for the format ``jwk``, otherwise in base64.
        algorithm: Its algorithm, as ``importKey`` of Web Crypto takes it: a name, or an object written as JSON.
        format: Its form.
        usage: What it may be used for.
    """

    _TYPE = "secret-key"
    _NAMED = ("name", "key")

    def __init__(
        self,
        name: str,
        key: Text,
        *,
        algorithm: str,
        format: Literal["raw", "pkcs8", "spki", "jwk"],
        usage: Literal["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"] | Sequence[Literal["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"]],
    ) -> None:
        super().__init__(
            name=name,
            key=key,
            algorithm=algorithm,
            format=format,
            usage=usage,
        )


class SecretsStoreBinding(Part):
    """A secret of the account's Secrets Store.

    Args:
        name: The name in the code.
        store: The store's id.
        secret: The secret's name there.
    """

    _TYPE = "secrets-store"
    _NAMED = ("name", "store", "secret")

    def __init__(
        self,
        name: str,
        store: Text,
        secret: str,
    ) -> None:
        super().__init__(
            name=name,
            store=store,
            secret=secret,
        )


class SendEmailBinding(Part):
    """Sending e-mail.

    Args:
        name: The name in the code.
        allowed_from: Addresses that may be sent from.
        allowed_to: Addresses that may be sent to.
        to: The only address that is sent to.
    """

    _TYPE = "send-email"
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        allowed_from: str | Sequence[str] | None = None,
        allowed_to: str | Sequence[str] | None = None,
        to: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            allowed_from=allowed_from,
            allowed_to=allowed_to,
            to=to,
        )


class Service(Part):
    """A service: a container, or several equal ones.

    Args:
        name: Its name; the other services of the group reach it under this name.
        build: The folder to build the image from. Either this or ``image``. The builder's method is
            ``build_from``.
        command: The command: its words, or a single text that is split as a shell would.
        cpus: The most processors it may use: 1.5 (0.01 to 1024).
        depends_on: Services of the group that are started, and healthy, before this one.
        entrypoint: The entry point, in the same forms.
        env: Environment variables.
        env_file: Files with ``NAME=VALUE`` lines; ``env`` wins over them.
        health_check: How the engine finds out whether it works; what depends on it waits for that.
        image: The image to run. Either this or ``build``.
        labels: Labels of the container.
        memory: The most memory it may use: ``512m``.
        port: Ports that are reached from outside: ``8000``, ``"8080:80"``, ``"127.0.0.1:8080:80/tcp"``.
        publish: Where its ports are reached in a swarm: at every server of it, or at those that run the
            service. Without ``mode "swarm"`` a port is always the server's own.
        replicas: How many equal containers run (0 to 100).
        restart: When the engine starts it again.
        stop_grace_period: How long it may take to stop before it is killed; 10 s without it.
        user: The user inside the container: ``1000:1000``.
        volume: What is mounted: ``"data:/data"`` for a volume of the group, ``"./conf:/etc/app:ro"`` for a
            path.
        workdir: The working folder inside the container.
    """

    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        build: Build | FilePath | None = None,
        command: Text | Sequence[Text] | None = None,
        cpus: float | None = None,
        depends_on: str | Sequence[str] | None = None,
        entrypoint: Text | Sequence[Text] | None = None,
        env: Mapping[str, Text | int | bool] | None = None,
        env_file: FilePath | Sequence[FilePath] | None = None,
        health_check: HealthCheck | None = None,
        image: str | None = None,
        labels: Mapping[str, str | int | bool] | None = None,
        memory: str | None = None,
        port: int | str | Port | Sequence[int | str | Port] | None = None,
        publish: Literal["swarm", "server"] | None = None,
        replicas: int | None = None,
        restart: Literal["no", "always", "unless-stopped", "on-failure"] = "unless-stopped",
        stop_grace_period: str | None = None,
        user: str | None = None,
        volume: str | Mount | Sequence[str | Mount] | None = None,
        workdir: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            build=build,
            command=command,
            cpus=cpus,
            depends_on=depends_on,
            entrypoint=entrypoint,
            env=env,
            env_file=env_file,
            health_check=health_check,
            image=image,
            labels=labels,
            memory=memory,
            port=port,
            publish=publish,
            replicas=replicas,
            restart=restart,
            stop_grace_period=stop_grace_period,
            user=user,
            volume=volume,
            workdir=workdir,
        )

    def port(
        self,
        *,
        container: int,
        host: int | None = None,
        host_ip: str | None = None,
        protocol: Literal["tcp", "udp", "sctp"] = "tcp",
    ) -> Port:
        """Adds to ``port``, and returns what was added.

        Args:
            container:  (1 to 65535).
            host:  (1 to 65535).
            host_ip: 
            protocol: The protocol of a port.
        """
        part = Port(
            container=container,
            host=host,
            host_ip=host_ip,
            protocol=protocol,
        )
        self._append("port", part)
        return part

    def volume(
        self,
        *,
        source: str,
        target: str,
        read_only: bool = False,
    ) -> Mount:
        """Adds to ``volume``, and returns what was added.

        Args:
            source: 
            target: 
            read_only: 
        """
        part = Mount(
            source=source,
            target=target,
            read_only=read_only,
        )
        self._append("volume", part)
        return part


class ServiceBinding(Part):
    """Another Worker.

    Args:
        name: The name in the code.
        service: The Worker.
        entrypoint: The class in it that answers; its default export otherwise.
    """

    _TYPE = "service"
    _NAMED = ("name", "service")

    def __init__(
        self,
        name: str,
        service: str,
        *,
        entrypoint: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            service=service,
            entrypoint=entrypoint,
        )


class Ssh(Part):
    """How FleetFlow reaches a server to run services on it.

    Args:
        key: The file with the private key; FleetFlow's own key without it.
        port: The port; 22 without it (1 to 65535).
        user: The user; ``ubuntu`` on Ubuntu and ``root`` elsewhere without it.
    """

    def __init__(
        self,
        *,
        key: FilePath | None = None,
        port: int | None = None,
        user: str | None = None,
    ) -> None:
        super().__init__(
            key=key,
            port=port,
            user=user,
        )


class TransferredClass(Part):
    """A class from another Worker.

    Args:
        from_: Its name there.
        to: Its name here.
        worker: The Worker that it comes from.
    """

    _NAMED = ("from", "to")

    def __init__(
        self,
        from_: str,
        to: str,
        *,
        worker: str,
    ) -> None:
        super().__init__(
            **{"from": from_},
            to=to,
            worker=worker,
        )


class VarBinding(Part):
    """A text that everybody may see.

    Args:
        name: The name in the code.
        value: The text.
    """

    _TYPE = "var"
    _NAMED = ("name", "value")

    def __init__(
        self,
        name: str,
        value: Text,
    ) -> None:
        super().__init__(
            name=name,
            value=value,
        )


class VectorizeBinding(Part):
    """An index of Vectorize.

    Args:
        name: The name in the code.
        index: The index.
    """

    _TYPE = "vectorize"
    _NAMED = ("name", "index")

    def __init__(
        self,
        name: str,
        index: Text,
    ) -> None:
        super().__init__(
            name=name,
            index=index,
        )


class VersionMetadataBinding(Part):
    """Id, tag and time of the Worker's own version.

    Args:
        name: The name in the code.
    """

    _TYPE = "version-metadata"
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
    ) -> None:
        super().__init__(
            name=name,
        )


class VpcNetworkBinding(Part):
    """A private network, by a tunnel or by itself.

    Args:
        name: The name in the code.
        network: The network's id.
        tunnel: The tunnel's id.
    """

    _TYPE = "vpc-network"
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        network: Text | None = None,
        tunnel: Text | None = None,
    ) -> None:
        super().__init__(
            name=name,
            network=network,
            tunnel=tunnel,
        )


class VpcServiceBinding(Part):
    """A service in a private network.

    Args:
        name: The name in the code.
        service: The service's id.
    """

    _TYPE = "vpc-service"
    _NAMED = ("name", "service")

    def __init__(
        self,
        name: str,
        service: Text,
    ) -> None:
        super().__init__(
            name=name,
            service=service,
        )


class WorkflowBinding(Part):
    """A workflow.

    Args:
        name: The name in the code.
        workflow: The workflow.
        class_: The class that it runs.
        worker: The Worker that has the class; this one by default.
    """

    _TYPE = "workflow"
    _NAMED = ("name", "workflow")

    def __init__(
        self,
        name: str,
        workflow: str,
        *,
        class_: str | None = None,
        worker: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            workflow=workflow,
            **{"class": class_},
            worker=worker,
        )


class Server(Resource):
    """A server on SAKURA Cloud, with its disks.

    Its first network interface is on the internet. With services to run, FleetFlow installs what they need and
    runs them over SSH.

    Args:
        name: Its name in the stack and in the cloud.
        disk: Its disks; it boots from the first.
        plan: Its size.
        deploy_services: The service groups that run on it.
        description: A description for people.
        docker: Whether Docker Engine is installed and enabled at the first start; implied by
            ``deploy_services``.
        hostname: The host name inside the server; its name without it.
        internet: Whether its first interface is on the internet. Without it the first ``nic`` is its first
            interface.
        nic: Further interfaces on switches, in their order, after the one on the internet and the one of
            ``switch``.
        packet_filter: A packet filter before the internet interface: the name of a declared one, or an id.
        password: The password of the administrator; without one, nobody logs in by password.
        provider: Who serves it; there is only one.
        ssh: How FleetFlow reaches it.
        ssh_key: Public keys that may log in: key texts, or paths of public key files.
        startup_script: A script that runs at the first start: its text, or the path of its file.
        switch: A switch at a second interface: the name of a declared one, or an id.
        tags: Tags for people and for the cloud's special ones.
        zone: The zone; the one of the providers' settings without it.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "server"
    PROVIDER = "sakura-cloud"
    OUTPUTS = ("id", "ip", "gateway", "hostname", "zone", "docker")
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        disk: Disk | int | Sequence[Disk | int],
        plan: Plan,
        deploy_services: str | Sequence[str] | None = None,
        description: str | None = None,
        docker: bool | None = None,
        hostname: str | None = None,
        internet: bool | None = None,
        nic: Nic | Text | Sequence[Nic | Text] | None = None,
        packet_filter: Text | None = None,
        password: Text | None = None,
        provider: Literal["sakura-cloud"] | None = None,
        ssh: Ssh | None = None,
        ssh_key: FilePath | Sequence[FilePath] | None = None,
        startup_script: FilePath | None = None,
        switch: Text | None = None,
        tags: str | Sequence[str] | AbstractSet[str] | None = None,
        zone: str | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            disk=disk,
            plan=plan,
            deploy_services=deploy_services,
            description=description,
            docker=docker,
            hostname=hostname,
            internet=internet,
            nic=nic,
            packet_filter=packet_filter,
            password=password,
            provider=provider,
            ssh=ssh,
            ssh_key=ssh_key,
            startup_script=startup_script,
            switch=switch,
            tags=tags,
            zone=zone,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def id(self) -> Output[str]:
        """Its id in the cloud; a change of plan gives it another one."""
        return Output(self.address, "id")

    @property
    def ip(self) -> Output[IPv4Address]:
        """Its public IPv4 address."""
        return Output(self.address, "ip")

    @property
    def gateway(self) -> Output[IPv4Address]:
        """The gateway of its public network."""
        return Output(self.address, "gateway")

    @property
    def hostname(self) -> Output[str]:
        """The host name inside it."""
        return Output(self.address, "hostname")

    @property
    def zone(self) -> Output[str]:
        """The zone it is in."""
        return Output(self.address, "zone")

    @property
    def docker(self) -> Output[str]:
        """Where its container engine is reached."""
        return Output(self.address, "docker")

    def disk(
        self,
        size: int,
        os: str | None = None,
        *,
        encryption: Literal["none", "aes256-xts"] | None = None,
        kms_key: str | None = None,
        name: str | None = None,
        plan: Literal["ssd", "hdd"] = "ssd",
        source_archive: str | None = None,
        source_disk: str | None = None,
    ) -> Disk:
        """Adds to ``disk``, and returns what was added.

        Args:
            size: GiB, one of the sizes that the cloud sells (20 to 20480).
            os: The operating system that is copied to it: ``ubuntu-24.04``.
            encryption: Whether and how the cloud encrypts it.
            kms_key: The id of the key of yours, in SAKURA Cloud's key management, that it is encrypted with.
            name: Its name in the cloud; the server's name without it.
            plan: What it is made of.
            source_archive: The id of an archive that is copied to it.
            source_disk: The id of a disk that is copied to it.
        """
        part = Disk(
            size=size,
            os=os,
            encryption=encryption,
            kms_key=kms_key,
            name=name,
            plan=plan,
            source_archive=source_archive,
            source_disk=source_disk,
        )
        self._append("disk", part)
        return part

    def nic(
        self,
        switch: Text,
        *,
        gateway: str | None = None,
        ip: str | None = None,
        packet_filter: Text | None = None,
    ) -> Nic:
        """Adds to ``nic``, and returns what was added.

        Args:
            switch: The switch that it is plugged into: the name of a declared one, or an id.
            gateway: The gateway: needed where the server has no internet interface, on the first interface.
            ip: Its static address with the length of the network's prefix, ``192.168.0.11/24``; without one, it
                is left to the server. Each further replica takes the next address.
            packet_filter: A packet filter before it: the name of a declared one, or an id.
        """
        part = Nic(
            switch=switch,
            gateway=gateway,
            ip=ip,
            packet_filter=packet_filter,
        )
        self._append("nic", part)
        return part


class Scale(Resource):
    """How many servers of one kind there shall be, by the load of their processors.

    The first replica keeps the server's name, further ones are called ``web-2``, ``web-3`` and so on.

    Args:
        server: The server that is scaled.
        max: The most replicas (1 to 100).
        min: The fewest replicas (1 to 100).
        cooldown: Seconds between two changes of the count; 300 without it.
        cooldown_down: Seconds between a change and one that removes; as long as ``cooldown`` without it.
        cooldown_up: Seconds between a change and one that adds; as long as ``cooldown`` without it.
        cpu_threshold: The load, in percent of the whole machine, above which one more replica is needed (1 to
            100).
        metrics: Where the load is read: in SAKURA Cloud's monitoring, or with ``docker`` also from the server's
            container engine.
        target: The load to aim at, in percent; three quarters of the threshold without it (1 to 100).
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "scale"
    PROVIDER = "sakura-cloud"
    OUTPUTS = ()
    _NAME = "server"
    _NAMED = ("server",)

    def __init__(
        self,
        server: str,
        *,
        max: int,
        min: int,
        cooldown: int | None = None,
        cooldown_down: int | None = None,
        cooldown_up: int | None = None,
        cpu_threshold: int | None = None,
        metrics: Literal["sakura-cloud", "docker"] | None = None,
        target: int | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            server=server,
            max=max,
            min=min,
            cooldown=cooldown,
            cooldown_down=cooldown_down,
            cooldown_up=cooldown_up,
            cpu_threshold=cpu_threshold,
            metrics=metrics,
            target=target,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )


class SshKey(Resource):
    """A public key, registered with the account.

    Args:
        name: Its name in the stack and in the cloud.
        public_key: The key: its text, or the path of its file.
        description: A description for people.
        provider: Who serves it; there is only one.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "ssh-key"
    PROVIDER = "sakura-cloud"
    OUTPUTS = ("id", "fingerprint")
    _NAMED = ("name", "public_key")

    def __init__(
        self,
        name: str,
        public_key: FilePath,
        *,
        description: str | None = None,
        provider: Literal["sakura-cloud"] | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            public_key=public_key,
            description=description,
            provider=provider,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def id(self) -> Output[str]:
        """Its id in the cloud."""
        return Output(self.address, "id")

    @property
    def fingerprint(self) -> Output[str]:
        """Its MD5 fingerprint, with colons."""
        return Output(self.address, "fingerprint")


class PacketFilter(Resource):
    """Rules for the packets that reach a server, from the first to the last; the first that fits decides.

    It keeps no track of connections: answers from outside need a rule of their own.

    Args:
        name: Its name in the stack and in the cloud.
        description: A description for people.
        provider: Who serves it; there is only one.
        rule: The rules, in their order.
        zone: The zone; the one of the providers' settings without it.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "packet-filter"
    PROVIDER = "sakura-cloud"
    OUTPUTS = ("id",)
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        description: str | None = None,
        provider: Literal["sakura-cloud"] | None = None,
        rule: PacketRule | Literal["http", "https", "tcp", "udp", "icmp", "fragment", "ip"] | Sequence[PacketRule | Literal["http", "https", "tcp", "udp", "icmp", "fragment", "ip"]] | None = None,
        zone: str | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            description=description,
            provider=provider,
            rule=rule,
            zone=zone,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def id(self) -> Output[str]:
        """Its id in the cloud."""
        return Output(self.address, "id")

    def rule(
        self,
        protocol: Literal["http", "https", "tcp", "udp", "icmp", "fragment", "ip"],
        port: str | None = None,
        *,
        action: Literal["allow", "deny"] = "allow",
        description: str | None = None,
        source: str | None = None,
        source_port: str | None = None,
    ) -> PacketRule:
        """Adds to ``rule``, and returns what was added.

        Args:
            protocol: What kind of packet.
            port: The port it goes to: ``443``.
            action: What becomes of it.
            description: A description for people.
            source: Where it comes from: ``192.0.2.0/24``; from anywhere without it.
            source_port: The port it comes from: ``1024-65535``.
        """
        part = PacketRule(
            protocol=protocol,
            port=port,
            action=action,
            description=description,
            source=source,
            source_port=source_port,
        )
        self._append("rule", part)
        return part


class Switch(Resource):
    """A switch: a private network inside one zone.

    Args:
        name: Its name in the stack and in the cloud.
        description: A description for people.
        provider: Who serves it; there is only one.
        tags: Tags for people.
        zone: The zone; the one of the providers' settings without it.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "switch"
    PROVIDER = "sakura-cloud"
    OUTPUTS = ("id",)
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        description: str | None = None,
        provider: Literal["sakura-cloud"] | None = None,
        tags: str | Sequence[str] | AbstractSet[str] | None = None,
        zone: str | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            description=description,
            provider=provider,
            tags=tags,
            zone=zone,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def id(self) -> Output[str]:
        """Its id in the cloud."""
        return Output(self.address, "id")


class StartupScript(Resource):
    """A script that runs at the start of servers, registered with the account.

    Args:
        name: Its name in the stack and in the cloud.
        content: The script: its text, or the path of its file.
        class_: What kind of script it is.
        provider: Who serves it; there is only one.
        tags: Tags for people.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "startup-script"
    PROVIDER = "sakura-cloud"
    OUTPUTS = ("id",)
    _NAMED = ("name", "content")

    def __init__(
        self,
        name: str,
        content: FilePath,
        *,
        class_: Literal["shell", "cloud-config"] = "shell",
        provider: Literal["sakura-cloud"] | None = None,
        tags: str | Sequence[str] | AbstractSet[str] | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            content=content,
            **{"class": class_},
            provider=provider,
            tags=tags,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def id(self) -> Output[str]:
        """Its id in the cloud."""
        return Output(self.address, "id")


class ServiceGroup(Resource):
    """Services that are deployed together, share a network, and find each other by name.

    Args:
        name: Its name.
        mode: Where the services run: on each server that deploys the group, or on a swarm that these servers
            form.
        service: The services.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "service-group"
    PROVIDER = "docker"
    OUTPUTS = ()
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        mode: Literal["engine", "swarm"] | None = None,
        service: Service | str | Sequence[Service | str] | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            mode=mode,
            service=service,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    def service(
        self,
        name: str,
        *,
        build: Build | FilePath | None = None,
        command: Text | Sequence[Text] | None = None,
        cpus: float | None = None,
        depends_on: str | Sequence[str] | None = None,
        entrypoint: Text | Sequence[Text] | None = None,
        env: Mapping[str, Text | int | bool] | None = None,
        env_file: FilePath | Sequence[FilePath] | None = None,
        health_check: HealthCheck | None = None,
        image: str | None = None,
        labels: Mapping[str, str | int | bool] | None = None,
        memory: str | None = None,
        port: int | str | Port | Sequence[int | str | Port] | None = None,
        publish: Literal["swarm", "server"] | None = None,
        replicas: int | None = None,
        restart: Literal["no", "always", "unless-stopped", "on-failure"] = "unless-stopped",
        stop_grace_period: str | None = None,
        user: str | None = None,
        volume: str | Mount | Sequence[str | Mount] | None = None,
        workdir: str | None = None,
    ) -> Service:
        """Adds to ``service``, and returns what was added.

        Args:
            name: Its name; the other services of the group reach it under this name.
            build: The folder to build the image from. Either this or ``image``. The builder's method is
                ``build_from``.
            command: The command: its words, or a single text that is split as a shell would.
            cpus: The most processors it may use: 1.5 (0.01 to 1024).
            depends_on: Services of the group that are started, and healthy, before this one.
            entrypoint: The entry point, in the same forms.
            env: Environment variables.
            env_file: Files with ``NAME=VALUE`` lines; ``env`` wins over them.
            health_check: How the engine finds out whether it works; what depends on it waits for that.
            image: The image to run. Either this or ``build``.
            labels: Labels of the container.
            memory: The most memory it may use: ``512m``.
            port: Ports that are reached from outside: ``8000``, ``"8080:80"``, ``"127.0.0.1:8080:80/tcp"``.
            publish: Where its ports are reached in a swarm: at every server of it, or at those that run the
                service. Without ``mode "swarm"`` a port is always the server's own.
            replicas: How many equal containers run (0 to 100).
            restart: When the engine starts it again.
            stop_grace_period: How long it may take to stop before it is killed; 10 s without it.
            user: The user inside the container: ``1000:1000``.
            volume: What is mounted: ``"data:/data"`` for a volume of the group, ``"./conf:/etc/app:ro"`` for a
                path.
            workdir: The working folder inside the container.
        """
        part = Service(
            name=name,
            build=build,
            command=command,
            cpus=cpus,
            depends_on=depends_on,
            entrypoint=entrypoint,
            env=env,
            env_file=env_file,
            health_check=health_check,
            image=image,
            labels=labels,
            memory=memory,
            port=port,
            publish=publish,
            replicas=replicas,
            restart=restart,
            stop_grace_period=stop_grace_period,
            user=user,
            volume=volume,
            workdir=workdir,
        )
        self._append("service", part)
        return part


class DeployServices(Resource):
    """Groups of services that run on the local engine.

    Args:
        groups: The names of the groups.
        name: What the engine is called in addresses.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "deploy-services"
    PROVIDER = "docker"
    OUTPUTS = ()
    _DEFAULT_NAME = "local"
    _NAMED = ("groups",)

    def __init__(
        self,
        groups: str | Sequence[str],
        *,
        name: str = "local",
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            groups=groups,
            name=name,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )


class R2Bucket(Resource):
    """A bucket of Cloudflare R2.

    A bucket has no room for an owner mark: the state says whose it is. One that holds objects is not deleted,
    unless ``force_destroy`` says that they may go with it.

    Args:
        name: The bucket's name: 3 to 63 lower-case letters, digits and ``-``.
        cors: Which web pages may use it.
        custom_domain: Hosts under which it is public.
        force_destroy: Whether its objects may be deleted with it.
        jurisdiction: The law that its data stays under. Another one is another bucket.
        lifecycle: What happens to objects as they age.
        location: Where it shall lie. A wish that R2 honours only when a name is used for the first time; it
            never moves a bucket.
        public_dev_url: Whether it is public under a name at ``r2.dev``, for trying things out.
        storage_class: How new objects are stored: ``Standard`` or ``InfrequentAccess``.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "r2-bucket"
    PROVIDER = "cloudflare"
    OUTPUTS = ("name", "s3-endpoint", "dev-url")
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        cors: Cors | Sequence[Cors] | None = None,
        custom_domain: CustomDomain | str | Sequence[CustomDomain | str] | None = None,
        force_destroy: bool | None = None,
        jurisdiction: Literal["default", "eu", "fedramp"] | None = None,
        lifecycle: BucketLifecycle | None = None,
        location: Literal["APAC", "EEUR", "ENAM", "OC", "WEUR", "WNAM", "apac", "eeur", "enam", "oc", "weur", "wnam"] | None = None,
        public_dev_url: bool | None = None,
        storage_class: Literal["Standard", "InfrequentAccess"] | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            cors=cors,
            custom_domain=custom_domain,
            force_destroy=force_destroy,
            jurisdiction=jurisdiction,
            lifecycle=lifecycle,
            location=location,
            public_dev_url=public_dev_url,
            storage_class=storage_class,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def name(self) -> Output[str]:
        """The bucket's name."""
        return Output(self.address, "name")

    @property
    def s3_endpoint(self) -> Output[str]:
        """The endpoint for S3 clients, without the bucket."""
        return Output(self.address, "s3-endpoint")

    @property
    def dev_url(self) -> Output[str]:
        """The bucket's URL at r2.dev, while ``public-dev-url`` is on."""
        return Output(self.address, "dev-url")

    def cors(
        self,
        *,
        allowed_methods: Literal["GET", "PUT", "POST", "DELETE", "HEAD"] | Sequence[Literal["GET", "PUT", "POST", "DELETE", "HEAD"]],
        allowed_origins: str | Sequence[str],
        allowed_headers: str | Sequence[str] | None = None,
        expose_headers: str | Sequence[str] | None = None,
        max_age: int | None = None,
    ) -> Cors:
        """Adds to ``cors``, and returns what was added.

        Args:
            allowed_methods: The methods they may use.
            allowed_origins: Origins of pages that may use the bucket: ``https://app.example.jp``, or ``*``.
            allowed_headers: Request headers they may send.
            expose_headers: Response headers they may read.
            max_age: Seconds that browsers keep the answer, at most 86400 (0 to 86400).
        """
        part = Cors(
            allowed_methods=allowed_methods,
            allowed_origins=allowed_origins,
            allowed_headers=allowed_headers,
            expose_headers=expose_headers,
            max_age=max_age,
        )
        self._append("cors", part)
        return part

    def custom_domain(
        self,
        domain: str,
        *,
        min_tls: Literal["1.0", "1.1", "1.2", "1.3"] | None = None,
        zone: str | None = None,
    ) -> CustomDomain:
        """Adds to ``custom_domain``, and returns what was added.

        Args:
            domain: The host: ``cdn.example.jp``. Its zone must be in the account of the bucket.
            min_tls: The lowest version of TLS.
            zone: The zone, where it is not the nearest one above the host.
        """
        part = CustomDomain(
            domain=domain,
            min_tls=min_tls,
            zone=zone,
        )
        self._append("custom_domain", part)
        return part


class Dns(Resource):
    """A zone at Cloudflare and records in it. The zone must exist; only the records are made and deleted.

    Records that FleetFlow did not make are left alone. A CNAME record that points at
    ``BUCKET.r2.cloudflarestorage.com``, where the stack declares that bucket with the record's name as its
    custom domain, is satisfied by the bucket: R2 makes a record of its own there.

    Args:
        zone: The zone's name: ``example.jp``.
        authoritative: Whether the zone shall have no records but these. Others are deleted, except those that
            products of Cloudflare keep for themselves, and those with the mark of another project or stage.
        record: The records.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "dns"
    PROVIDER = "cloudflare"
    OUTPUTS = ("zone-id", "name-servers")
    _NAME = "zone"
    _NAMED = ("zone",)

    def __init__(
        self,
        zone: str,
        *,
        authoritative: bool | None = None,
        record: Record | Sequence[Record] | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            zone=zone,
            authoritative=authoritative,
            record=record,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def zone_id(self) -> Output[str]:
        """The zone's id."""
        return Output(self.address, "zone-id")

    @property
    def name_servers(self) -> Output[str]:
        """The zone's name servers at Cloudflare, separated by commas."""
        return Output(self.address, "name-servers")

    def record(
        self,
        name: str,
        *,
        type: Literal["A", "AAAA", "CAA", "CNAME", "HTTPS", "LOC", "MX", "NS", "PTR", "SRV", "SSHFP", "SVCB", "TLSA", "TXT", "URI"],
        algorithm: int | None = None,
        comment: str | None = None,
        fingerprint_type: int | None = None,
        flags: int | None = None,
        location: Location | None = None,
        matching_type: int | None = None,
        params: str | None = None,
        port: int | None = None,
        priority: int | None = None,
        proxied: bool | None = None,
        selector: int | None = None,
        tag: Literal["issue", "issuewild", "iodef"] | None = None,
        ttl: int | None = None,
        usage: int | None = None,
        value: Text | Sequence[Text] | None = None,
        weight: int | None = None,
    ) -> Record:
        """Adds to ``record``, and returns what was added.

        Args:
            name: ``@`` for the zone itself, a name below it (``www``, ``*.dev``), or a full name.
            type: The type: ``A``, ``AAAA``, ``CNAME``, ``MX``, ``TXT``, ...
            algorithm: SSHFP: the algorithm of the key; 4 is Ed25519 (0 to 255).
            comment: A note beside the record. FleetFlow's owner mark stands there too, and both share 100
                characters on a free zone.
            fingerprint_type: SSHFP: 1 for SHA-1, 2 for SHA-256 (0 to 255).
            flags: CAA: 0, or 128 for critical (0 to 255).
            location: LOC: the place.
            matching_type: TLSA: 0 for the data itself, 1 for SHA-256, 2 for SHA-512 (0 to 255).
            params: HTTPS, SVCB: the parameters, for example ``alpn="h3,h2"``.
            port: SRV: the port (0 to 65535).
            priority: MX, SRV, URI, HTTPS, SVCB: lower is preferred; 0 makes an HTTPS or SVCB record an alias (0
                to 65535).
            proxied: Whether traffic goes through Cloudflare; only for A, AAAA and CNAME.
            selector: TLSA: 0 for the whole certificate, 1 for its public key (0 to 255).
            tag: CAA: ``issue``, ``issuewild`` or ``iodef``.
            ttl: Seconds that resolvers keep it: 60 to 86400 (from 30 on Enterprise), or 1 for automatic, which
                is the default.
            usage: TLSA: how the certificate is to be used, 0 to 3 (0 to 255).
            value: The values: an address, a host, a text. Each one is a record. A LOC record has none.
            weight: SRV, URI: the share among records of one priority (0 to 65535).
        """
        part = Record(
            name=name,
            type=type,
            algorithm=algorithm,
            comment=comment,
            fingerprint_type=fingerprint_type,
            flags=flags,
            location=location,
            matching_type=matching_type,
            params=params,
            port=port,
            priority=priority,
            proxied=proxied,
            selector=selector,
            tag=tag,
            ttl=ttl,
            usage=usage,
            value=value,
            weight=weight,
        )
        self._append("record", part)
        return part


class Worker(Resource):
    """A Worker. A namespace of Workers KV that a binding names, and that nobody declares, is made.

    Args:
        name: Its name: lower-case letters, digits, ``-`` and ``_``.
        source: The code, in JavaScript or TypeScript: a file, or a folder with an entry point (``index.ts``,
            ``src/index.ts``, ``index.js``, ..., or the ``main`` of a ``wrangler.toml``). It is compiled here,
            and packages of npm that it imports are sent with it. What a ``wrangler.toml`` or ``wrangler.jsonc``
            in the folder says holds where nothing is declared.
        bindings: What its code reaches by name.
        build: A command that is run first, in the folder of the source: by ``up``, when a file there is another
            one that Git does not ignore.
        compatibility_date: The day whose behaviour of the runtime it wants: ``2026-01-31``.
        compatibility_flags: Single behaviours of the runtime: ``nodejs_compat``.
        cron: Times at which it is run, in UTC: ``*/5 * * * *``.
        custom_domain: Hosts that it answers alone. Cloudflare makes their records and certificates.
        force_destroy: Whether its Durable Objects may be deleted with it, with all that they hold.
        migration: What becomes of the classes of its Durable Objects, step by step: ``migration "v1" {
            new-sqlite-class "Counter" }``.
        observability: What is logged and traced.
        route: Patterns of URLs that it answers: ``api.example.jp/*``. Their hosts need a proxied record.
        workers_dev: Whether it answers under the account's name at ``workers.dev``.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "worker"
    PROVIDER = "cloudflare"
    OUTPUTS = ("url", "version-id", "etag")
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        source: FilePath,
        bindings: R2Binding | KvBinding | VarBinding | JsonBinding | SecretBinding | D1Binding | QueueBinding | ServiceBinding | AiBinding | DurableObjectBinding | HyperdriveBinding | VectorizeBinding | AnalyticsEngineBinding | WorkflowBinding | BrowserBinding | ImagesBinding | MediaBinding | VersionMetadataBinding | MtlsCertificateBinding | DispatchNamespaceBinding | RateLimitBinding | SendEmailBinding | PipelineBinding | SecretsStoreBinding | AiSearchBinding | AiSearchNamespaceBinding | FlagshipBinding | MessagingBinding | VpcServiceBinding | VpcNetworkBinding | SecretKeyBinding | AssetsBinding | Sequence[R2Binding | KvBinding | VarBinding | JsonBinding | SecretBinding | D1Binding | QueueBinding | ServiceBinding | AiBinding | DurableObjectBinding | HyperdriveBinding | VectorizeBinding | AnalyticsEngineBinding | WorkflowBinding | BrowserBinding | ImagesBinding | MediaBinding | VersionMetadataBinding | MtlsCertificateBinding | DispatchNamespaceBinding | RateLimitBinding | SendEmailBinding | PipelineBinding | SecretsStoreBinding | AiSearchBinding | AiSearchNamespaceBinding | FlagshipBinding | MessagingBinding | VpcServiceBinding | VpcNetworkBinding | SecretKeyBinding | AssetsBinding] | None = None,
        build: str | None = None,
        compatibility_date: str | None = None,
        compatibility_flags: str | Sequence[str] | None = None,
        cron: str | Sequence[str] | None = None,
        custom_domain: str | Sequence[str] | None = None,
        force_destroy: bool | None = None,
        migration: Migration | str | Sequence[Migration | str] | None = None,
        observability: Observability | bool | None = None,
        route: str | Sequence[str] | None = None,
        workers_dev: bool | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            source=source,
            bindings=bindings,
            build=build,
            compatibility_date=compatibility_date,
            compatibility_flags=compatibility_flags,
            cron=cron,
            custom_domain=custom_domain,
            force_destroy=force_destroy,
            migration=migration,
            observability=observability,
            route=route,
            workers_dev=workers_dev,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def url(self) -> Output[str]:
        """Its URL: the first custom domain or route, otherwise the one at workers.dev."""
        return Output(self.address, "url")

    @property
    def version_id(self) -> Output[str]:
        """The id of the deployed version."""
        return Output(self.address, "version-id")

    @property
    def etag(self) -> Output[str]:
        """The hash that Cloudflare gives the code."""
        return Output(self.address, "etag")

    def migration(
        self,
        tag: str,
        *,
        deleted_class: str | Sequence[str] | None = None,
        new_class: str | Sequence[str] | None = None,
        new_sqlite_class: str | Sequence[str] | None = None,
        renamed_class: RenamedClass | Sequence[RenamedClass] | None = None,
        transferred_class: TransferredClass | Sequence[TransferredClass] | None = None,
    ) -> Migration:
        """Adds to ``migration``, and returns what was added.

        Args:
            tag: Its name, another one for each: ``v1``.
            deleted_class: Classes that are deleted, with all that their objects hold.
            new_class: Classes that begin to store objects, in the older key-value form.
            new_sqlite_class: Classes that begin to store objects, in SQLite.
            renamed_class: Classes that have another name now.
            transferred_class: Classes that come from another Worker, with all that their objects hold.
        """
        part = Migration(
            tag=tag,
            deleted_class=deleted_class,
            new_class=new_class,
            new_sqlite_class=new_sqlite_class,
            renamed_class=renamed_class,
            transferred_class=transferred_class,
        )
        self._append("migration", part)
        return part


class KvNamespace(Resource):
    """A namespace of Workers KV. It has no room for an owner mark: the state says whose it is.

    Args:
        name: Its name in the stack, and its title at Cloudflare unless ``title`` says otherwise.
        title: Its title at Cloudflare, unique in the account. A changed title renames it.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "kv-namespace"
    PROVIDER = "cloudflare"
    OUTPUTS = ("id",)
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        title: str | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            title=title,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def id(self) -> Output[str]:
        """The namespace's id."""
        return Output(self.address, "id")


class Pages(Resource):
    """A site of Cloudflare Pages.

    Args:
        name: The project's name: up to 58 lower-case letters, digits and ``-``.
        source: The folder that is published. Functions are found in a folder ``functions`` in it or beside it,
            or in its ``_worker.js``, and are compiled like a Worker.
        branch: The branch that is published now: another one than production's is a preview.
        build: A command that is run first, in the folder of the stack's file: by ``up``, when a file there is
            another one that Git does not ignore.
        compatibility_date: The day whose behaviour of the runtime it wants: ``2026-01-31``.
        custom_domain: Hosts of its own.
        env: Variables for its functions.
        production_branch: The branch that is production; ``main`` by default.
        protect: Never delete or replace it: the plan fails instead.
        retain: Leave it in the cloud when it is no longer declared, and on ``destroy``.
        adopt: Take over what exists under its name, or under the id given here.
        depends_on: What must be there before it, without a reference.
    """

    KIND = "pages"
    PROVIDER = "cloudflare"
    OUTPUTS = ("url", "deployment-url", "host")
    _NAMED = ("name",)

    def __init__(
        self,
        name: str,
        *,
        source: FilePath,
        branch: str | None = None,
        build: str | None = None,
        compatibility_date: str | None = None,
        custom_domain: str | Sequence[str] | None = None,
        env: Mapping[str, Text | int | bool] | None = None,
        production_branch: str | None = None,
        protect: bool = False,
        retain: bool = False,
        adopt: bool | str = False,
        depends_on: Resource | str | Sequence[Resource | str] = (),
    ) -> None:
        super().__init__(
            name=name,
            source=source,
            branch=branch,
            build=build,
            compatibility_date=compatibility_date,
            custom_domain=custom_domain,
            env=env,
            production_branch=production_branch,
            protect=protect,
            retain=retain,
            adopt=adopt,
            depends_on=depends_on,
        )

    @property
    def url(self) -> Output[str]:
        """The site's URL."""
        return Output(self.address, "url")

    @property
    def deployment_url(self) -> Output[str]:
        """The URL of what was published last."""
        return Output(self.address, "deployment-url")

    @property
    def host(self) -> Output[str]:
        """The site's host at pages.dev, which CNAME records of custom domains lead to."""
        return Output(self.address, "host")


KINDS: Dict[str, Type[Resource]] = {
    "server": Server,
    "scale": Scale,
    "ssh-key": SshKey,
    "packet-filter": PacketFilter,
    "switch": Switch,
    "startup-script": StartupScript,
    "service-group": ServiceGroup,
    "deploy-services": DeployServices,
    "r2-bucket": R2Bucket,
    "dns": Dns,
    "worker": Worker,
    "kv-namespace": KvNamespace,
    "pages": Pages,
}
"""The class of each kind, by the kind's name."""
