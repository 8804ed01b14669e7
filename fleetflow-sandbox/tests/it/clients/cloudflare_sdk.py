"""Uses Cloudflare's library on the account that the environment names, and leaves it as it was."""

import base64
import hashlib
import json
import os

import cloudflare
import httpx
from cloudflare import Cloudflare

account = os.environ["CLOUDFLARE_ACCOUNT_ID"]
client = Cloudflare()
assert str(client.base_url).startswith("http://127.0.0.1:"), client.base_url

assert client.user.tokens.verify().status == "active"
assert [one.id for one in client.accounts.list()] == [account]
zone = next(iter(client.zones.list()))

made = [
    client.dns.records.create(zone_id=zone.id, type="A", name=f"h{number}.{zone.name}", content="192.0.2.1", ttl=300)
    for number in range(25)
]
listed = list(client.dns.records.list(zone_id=zone.id, per_page=10))
assert {one.id for one in listed} >= {one.id for one in made}, "the list goes over several pages"
edited = client.dns.records.edit(
    made[0].id, zone_id=zone.id, type="A", name=made[0].name, content="192.0.2.2", ttl=300, proxied=False
)
assert edited.content == "192.0.2.2"
try:
    client.dns.records.create(zone_id=zone.id, type="A", name="bad", content="not an address", ttl=300)
except cloudflare.BadRequestError as error:
    assert error.status_code == 400, error
else:
    raise AssertionError("an address that is none was taken")
client.dns.records.batch(zone_id=zone.id, deletes=[{"id": one.id} for one in made])

client.r2.buckets.create(account_id=account, name="attachments")
domain = client.r2.buckets.domains.custom.create(
    "attachments", account_id=account, domain=f"cdn.{zone.name}", zone_id=zone.id, enabled=True
)
assert domain.domain == f"cdn.{zone.name}"
client.r2.buckets.cors.update(
    "attachments",
    account_id=account,
    rules=[{"allowed": {"methods": ["GET"], "origins": ["https://example.com"]}}],
)
assert client.r2.buckets.cors.get("attachments", account_id=account).rules[0].allowed.methods == ["GET"]
client.r2.buckets.domains.custom.delete(f"cdn.{zone.name}", account_id=account, bucket_name="attachments")
client.r2.buckets.delete("attachments", account_id=account)

namespace = client.kv.namespaces.create(account_id=account, title="cache")
client.kv.namespaces.values.update("a", account_id=account, namespace_id=namespace.id, value=b"1", metadata="{}")
got = client.kv.namespaces.values.get("a", account_id=account, namespace_id=namespace.id)
assert got.read() == b"1"
assert [key.name for key in client.kv.namespaces.keys.list(namespace.id, account_id=account)] == ["a"]

metadata = {
    "main_module": "index.js",
    "compatibility_date": "2026-01-01",
    "bindings": [{"type": "kv_namespace", "name": "CACHE", "namespace_id": namespace.id}],
}
code = b"export default { fetch() { return new Response('hi') } }"
client.workers.scripts.update(
    "edge",
    account_id=account,
    metadata=metadata,
    files=[("index.js", code, "application/javascript+module")],
)
assert [one.id for one in client.workers.scripts.list(account_id=account)] == ["edge"]
client.workers.scripts.delete("edge", account_id=account)
client.kv.namespaces.delete(namespace.id, account_id=account)

project = client.pages.projects.create(account_id=account, name="site", production_branch="main")
assert project.subdomain.startswith("site"), project


def asset(path: str, token: str, body: object) -> None:
    """A call of the direct upload, which the library has no methods for."""
    answer = client.post(
        f"/pages/assets/{path}", body=body, cast_to=httpx.Response, options={"headers": {"Authorization": f"Bearer {token}"}}
    )
    assert answer.json()["success"], answer.text


page = b"<h1>Hello</h1>"
key = hashlib.sha256(page).hexdigest()[:32]
path = f"/accounts/{account}/pages/projects/site/upload-token"
token = client.get(path, cast_to=httpx.Response).json()["result"]["jwt"]
value = base64.b64encode(page).decode()
asset("upload", token, [{"key": key, "value": value, "metadata": {"contentType": "text/html"}, "base64": True}])
asset("upsert-hashes", token, {"hashes": [key]})
deployed = client.pages.projects.deployments.create(
    "site", account_id=account, branch="main", manifest=json.dumps({"/index.html": key})
)
listed = list(client.pages.projects.deployments.list("site", account_id=account))
assert [one.id for one in listed] == [deployed.id] and listed[0].environment == "production", listed
assert client.pages.projects.get("site", account_id=account).canonical_deployment.id == deployed.id
client.pages.projects.delete("site", account_id=account)
print("done")
