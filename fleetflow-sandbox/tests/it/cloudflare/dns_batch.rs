//! The batch request.

use serde_json::{Value, json};

use super::support::Api;

fn a(name: &str, content: &str) -> Value {
    json!({ "type": "A", "name": name, "content": content })
}

#[tokio::test]
async fn a_batch_runs_in_its_own_order_whatever_the_order_of_the_json() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let alias = json!({ "type": "CNAME", "name": "swap", "content": "a.b" });
    let alias = api.post(&records, alias).await.id();
    let moved = api.post(&records, a("moved", "192.0.2.1")).await.id();
    let put = api.post(&records, a("put", "192.0.2.1")).await.id();
    let batch = json!({
        "posts": [a("swap", "192.0.2.7"), a("put", "192.0.2.1")],
        "puts": [{ "id": put, "type": "A", "name": "put", "content": "192.0.2.2" }],
        "patches": [{ "id": moved, "content": "192.0.2.9" }],
        "deletes": [{ "id": alias }],
    });
    let done = api.post(&format!("{records}/batch"), batch).await.ok();
    assert_eq!(
        done["deletes"][0]["content"], "a.b",
        "deleted records come back in full"
    );
    assert_eq!(done["patches"][0]["content"], "192.0.2.9");
    assert_eq!(done["puts"][0]["content"], "192.0.2.2");
    assert_eq!(done["posts"][0]["name"], "swap.example.com");
    assert_eq!(api.get(&records).await.body["result_info"]["total_count"], 4);
}

#[tokio::test]
async fn a_batch_with_one_bad_operation_changes_nothing() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let kept = api.post(&records, a("kept", "192.0.2.1")).await.id();
    let before = api.get(&records).await.ok();
    for (bad, expected) in [
        (
            json!({ "deletes": [{ "id": kept }], "posts": [a("new", "192.0.2.2"), a("bad", "x")] }),
            (400, 9005),
        ),
        (
            json!({ "deletes": [{ "id": kept }], "puts": [{ "id": kept, "type": "A", "name": "k", "content": "192.0.2.3" }] }),
            (404, 81044),
        ),
        (
            json!({ "posts": [a("twice", "192.0.2.2"), a("twice", "192.0.2.2")] }),
            (400, 81058),
        ),
        (json!({ "patches": [{ "content": "192.0.2.3" }] }), (400, 1004)),
    ] {
        assert_eq!(
            api.post(&format!("{records}/batch"), bad).await.refused(),
            expected
        );
        assert_eq!(api.get(&records).await.ok(), before);
    }
}

#[tokio::test]
async fn the_size_of_a_batch_follows_the_plan() {
    let api = Api::start().await;
    let posts = |count: usize| -> Value {
        let posts: Vec<Value> = (0..count)
            .map(|number| a(&format!("n{number}"), "192.0.2.1"))
            .collect();
        json!({ "posts": posts })
    };
    let (free, pro) = (api.records("example.jp").await, api.records("example.com").await);
    assert_eq!(
        api.post(&format!("{free}/batch"), posts(201)).await.refused(),
        (400, 81071)
    );
    assert_eq!(api.get(&free).await.ok(), json!([]));
    let done = api.post(&format!("{free}/batch"), posts(200)).await.ok();
    assert_eq!(
        done["posts"][199]["name"], "n199.example.jp",
        "answers are in the order of the request"
    );
    assert_eq!(
        api.post(&format!("{pro}/batch"), posts(3501)).await.refused(),
        (400, 81071)
    );
    api.post(&format!("{pro}/batch"), posts(1200)).await.ok();
    let all = api.get(&format!("{pro}?per_page=5000000")).await;
    assert_eq!(all.body["result_info"]["count"], 1200);
}
