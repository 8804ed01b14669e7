//! Power: accepted at once, done later, and refused in the wrong state. What monitoring shows of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{Api, refused};

async fn status(api: &Api, id: u64) -> String {
    let server = api.get(&format!("server/{id}")).await.object("Server");
    server["Instance"]["Status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn switching_takes_time_and_has_rules() {
    let api = Api::start().await;
    let timings = fleetflow_sandbox::Timings::default();
    let id = api.server("web").await["ID"].as_u64().unwrap();
    let power = format!("server/{id}/power");
    assert_eq!(
        api.stop_answer(id).await.refusal(),
        refused(409, "conflict"),
        "it is off"
    );
    let reset = format!("server/{id}/reset");
    assert_eq!(
        api.put(&reset, json!({})).await.refusal(),
        refused(409, "server_power_must_be_up")
    );

    assert_eq!(api.put(&power, json!({})).await.status, 200);
    assert_eq!(status(&api, id).await, "down", "the API has no word for booting");
    assert_eq!(
        api.put(&power, json!({})).await.refusal(),
        refused(409, "conflict")
    );
    api.advance(timings.boot);
    assert_eq!(status(&api, id).await, "up");
    assert_eq!(api.get(&power).await.body["Instance"]["Status"], "up");

    assert_eq!(api.stop_answer(id).await.status, 202);
    assert_eq!(status(&api, id).await, "cleaning");
    for refusal in [
        api.put(&power, json!({})).await.refusal(),
        api.put(&reset, json!({})).await.refusal(),
        api.delete(&format!("server/{id}")).await.refusal(),
    ] {
        assert_eq!(refusal, refused(409, "server_is_cleaning"));
    }
    api.advance(timings.shutdown);
    assert_eq!(status(&api, id).await, "down");
    assert_eq!(api.delete(&format!("server/{id}")).await.status, 200);
}

#[tokio::test]
async fn a_polite_shutdown_needs_somebody_who_listens() {
    let api = Api::instant().await;
    let bare = api.server("bare").await["ID"].as_u64().unwrap();
    api.put(&format!("server/{bare}/power"), json!({})).await;
    let polite = api.delete_with(&format!("server/{bare}/power"), json!({})).await;
    assert_eq!((polite.status, status(&api, bare).await.as_str()), (202, "up"));

    let web = api.server("web").await["ID"].as_u64().unwrap();
    api.ubuntu_disk("web", web, json!({})).await;
    assert_eq!(status(&api, web).await, "up");
    let polite = api.delete_with(&format!("server/{web}/power"), json!({})).await;
    assert_eq!((polite.status, status(&api, web).await.as_str()), (202, "down"));
}

#[tokio::test]
async fn monitoring_shows_the_load_that_was_set() {
    let api = Api::instant().await;
    let id = api.server("web").await["ID"].as_u64().unwrap();
    api.ubuntu_disk("web", id, json!({})).await;
    let set = reqwest::Client::new()
        .post(format!("{}/sakura/cpu", api.sandbox.control_url()))
        .json(&json!({ "server": id, "cpu_time": 0.75 }));
    assert_eq!(set.send().await.unwrap().status(), 204);
    api.advance(Duration::from_mins(30));
    let query = json!({ "Start": "2026-05-01T09:00:00+09:00", "End": "2026-05-01T09:30:00+09:00" });
    let data = api.find(&format!("server/{id}/monitor"), query).await.body["Data"].clone();
    let samples = data.as_object().unwrap();
    assert_eq!(samples.len(), 7, "every five minutes: {data}");
    assert_eq!(samples["2026-05-01T09:10:00+09:00"], json!({ "CPU-TIME": 0.75 }));
    assert_eq!(
        samples["2026-05-01T09:30:00+09:00"],
        json!({ "CPU-TIME": null }),
        "not measured yet"
    );
    let none = json!({ "Start": "2026-05-01T09:11:00+09:00", "End": "2026-05-01T09:12:00+09:00" });
    let none = api.find(&format!("server/{id}/monitor"), none).await;
    assert_eq!(none.body["Data"], json!([]), "an empty map is a list here");
    assert_eq!(
        api.get("server/1/monitor").await.refusal(),
        refused(404, "not_found")
    );
    let nobody: Value = json!({ "Start": "yesterday" });
    let wrong = api.find(&format!("server/{id}/monitor"), nobody).await;
    assert_eq!(wrong.refusal(), refused(400, "invalid_format"));
}
