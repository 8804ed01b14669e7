//! octoDNS with its Cloudflare provider.

use super::cloudflare_sdk::python;
use super::tool::{self, Desk};

fn configuration(base: &str, zone: &str) -> String {
    format!(
        "providers:\n  files:\n    class: octodns.provider.yaml.YamlProvider\n    directory: ./zones\n    default_ttl: 300\n  \
         cloudflare:\n    class: octodns_cloudflare.CloudflareProvider\n    token: env/CLOUDFLARE_API_TOKEN\n    \
         api_url: {base}\n    min_ttl: 60\n    pagerules: false\nzones:\n  {zone}.:\n    sources: [files]\n    targets: [cloudflare]\n"
    )
}

const FIRST: &str = r#"
"":
  - type: MX
    values:
      - exchange: mail.example.net.
        preference: 10
  - type: TXT
    value: v=spf1 -all
_sip._tcp:
  type: SRV
  value:
    port: 5060
    priority: 1
    target: sip.example.net.
    weight: 2
www:
  octodns:
    cloudflare:
      auto-ttl: true
      proxied: true
  type: A
  values: [192.0.2.1, 192.0.2.2]
"#;

const SECOND: &str = r"
www:
  octodns:
    cloudflare:
      auto-ttl: true
      proxied: true
  type: A
  values: [192.0.2.1, 192.0.2.3]
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn octodns_converges_a_zone() {
    if !tool::wanted("octoDNS") {
        return;
    }
    let Some(python) = python().await else { return };
    let sync = python.with_file_name("octodns-sync");
    let sandbox = tool::sandbox().await;
    let before = sandbox.inventory().to_string();
    let desk = Desk::new(&sandbox);
    let zone = "creo-memories.com";
    desk.write("config.yaml", &configuration(&sandbox.cloudflare_url(), zone));
    let converge = async |records: &str| {
        desk.write(&format!("zones/{zone}.yaml"), records);
        desk.ask(&sync, &["--config-file", "config.yaml", "--doit", "--force"])
            .await;
        sandbox.inventory()["cloudflare"]["dns_records"].to_string()
    };
    let first = converge(FIRST).await;
    for part in ["v=spf1 -all", "mail.example.net", "192.0.2.2", "sip.example.net"] {
        assert!(first.contains(part), "{part} is not in {first}");
    }
    sandbox.clear_log().unwrap();
    assert_eq!(converge(FIRST).await, first);
    assert_eq!(sandbox.log().writes().count(), 0, "nothing was to do");
    let second = converge(SECOND).await;
    assert!(
        second.contains("192.0.2.3") && !second.contains("192.0.2.2") && !second.contains("sip"),
        "{second}"
    );
    converge("{}\n").await;
    assert_eq!(sandbox.inventory().to_string(), before);
}
