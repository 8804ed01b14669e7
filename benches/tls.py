"""HTTPS in front of the emulated clouds, for clients that speak nothing else. It passes bytes on and knows no HTTP."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from pathlib import Path


class Front:
    """A process of its own, until it is closed; `certificate` is what a client has to trust."""

    def __init__(self, folder: Path, target: str) -> None:
        self.certificate, key = folder / "certificate.pem", folder / "key.pem"
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        made = [*make, "-keyout", str(key), "-out", str(self.certificate), *names]
        subprocess.run(made, check=True, stderr=subprocess.DEVNULL)
        command = [sys.executable, __file__, str(self.certificate), str(key), target]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.address = "127.0.0.1:" + self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


async def serve(certificate: str, key: str, target: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    host, _, port = target.partition(":")

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inward, outward = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pipe(reader, outward), pipe(inward, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:4]))
