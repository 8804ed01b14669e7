"""Uses Cloudflare's library on the account that the environment names, and leaves it as it was."""

import os

import cloudflare
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
client.pages.projects.delete("site", account_id=account)
print("done")
