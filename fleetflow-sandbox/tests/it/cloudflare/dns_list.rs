//! Listing records: filters, order and pages.

use serde_json::{Value, json};

use super::support::Api;

async fn filled() -> (Api, String) {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let posts = json!({ "posts": [
        { "type": "A", "name": "@", "content": "192.0.2.1", "proxied": true, "comment": "fleet/prod/web", "tags": ["team:Web"] },
        { "type": "A", "name": "www", "content": "192.0.2.2", "ttl": 300, "comment": "by hand", "tags": ["team:ops", "tier:1"] },
        { "type": "AAAA", "name": "www", "content": "2001:db8::1", "ttl": 60 },
        { "type": "TXT", "name": "www", "content": "\"Hello\"" },
        { "type": "CNAME", "name": "blog", "content": "Pages.Example.net" },
    ]});
    api.post(&format!("{records}/batch"), posts).await.ok();
    (api, records)
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let (api, records) = filled().await;
    for (query, expected) in [
        ("name=www.example.com", 3),
        ("name.exact=WWW.example.com", 3),
        ("name=www.example.com&type=AAAA", 1),
        ("name.contains=w", 3),
        ("name.startswith=blog.", 1),
        ("name.endswith=example.com", 5),
        ("content=192.0.2.2", 1),
        ("content.exact=pages.example.net", 1),
        ("content.contains=hello", 1),
        ("content.startswith=192", 2),
        ("content.endswith=.net", 1),
        ("comment=by%20hand", 1),
        ("comment.startswith=FLEET/", 1),
        ("comment.contains=prod", 1),
        ("comment.endswith=web", 1),
        ("comment.present", 2),
        ("comment.absent", 3),
        ("proxied=true", 1),
        ("proxied=false", 4),
        ("type=TXT&content=192.0.2.1&match=any", 2),
        ("tag=team:web", 1),
        ("tag.present=team", 2),
        ("tag.absent=team", 3),
        ("tag.present=team&tag=tier:1", 1),
        ("tag.contains=team:op&tag=team:web&tag_match=any", 2),
        ("search=hand", 1),
        ("name=nowhere.example.com", 0),
    ] {
        let found = api.get(&format!("{records}?{query}")).await;
        assert_eq!(found.ok().as_array().unwrap().len(), expected, "{query}");
        assert_eq!(found.body["result_info"]["total_count"], expected, "{query}");
    }
}

#[tokio::test]
async fn the_order_can_be_chosen() {
    let (api, records) = filled().await;
    let contents = async |query: &str| -> Vec<Value> {
        let found = api.get(&format!("{records}?{query}")).await.ok();
        found
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["type"].clone())
            .collect()
    };
    assert_eq!(contents("order=type").await, ["A", "A", "AAAA", "CNAME", "TXT"]);
    assert_eq!(contents("order=ttl&direction=desc").await[0], "A");
    assert_eq!(contents("order=name").await[0], "CNAME");
    assert_eq!(contents("order=proxied&direction=desc").await[0], "A");
    assert_eq!(api.get(&format!("{records}?order=weight")).await.status, 400);
}

#[tokio::test]
async fn pages_end_in_an_empty_one() {
    let (api, records) = filled().await;
    let last = api.get(&format!("{records}?per_page=2&page=3")).await;
    let info = json!({ "page": 3, "per_page": 2, "count": 1, "total_count": 5, "total_pages": 3 });
    assert_eq!(last.body["result_info"], info);
    assert_eq!(
        api.get(&format!("{records}?per_page=2&page=4")).await.ok(),
        json!([])
    );
    assert_eq!(api.get(&records).await.body["result_info"]["per_page"], 100);
    assert_eq!(api.get(&format!("{records}?per_page=5000001")).await.status, 400);
    api.get(&format!("{records}?per_page=5000000")).await.ok();
}
