//! Documents of a lead: created, uploaded by a link, completed, downloaded by a link, removed (LEAD-2).

use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::body::{Body, Bytes};
use forecourt_domain::base::LeadId;
use forecourt_edge::files::{Bucket, Download, Files as _, Upload};
use http::{HeaderMap, Method, header};
use serde_json::{Value, json};
use std::time::Duration;

const PDF: &[u8] = b"%PDF-1.7 an order form";

fn order_form() -> Value {
    json!({"title": "Bestellung für Jana", "content_type": "application/pdf", "bytes": PDF.len()})
}

/// Sends a request to a link of the local bucket.
async fn follow(world: &World, method: Method, url: &str, content_type: &str, body: &'static [u8]) -> (u16, HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
    let path = url.strip_prefix("https://desk.example").unwrap();
    let response = world.bucket.linked(&method, path, &headers, &Bytes::from_static(body));
    let (parts, body): (_, Body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap())
}

async fn put(world: &World, url: &str) -> u16 {
    follow(world, Method::PUT, url, "application/pdf", PDF).await.0
}

/// Creates a document of a lead. Returns the response and the document's path.
async fn announced(world: &World, lead: LeadId) -> (Reply, String) {
    let reply = world.post("anna.vogt", &format!("/leads/{lead}/documents"), &order_form()).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let at = reply.headers["location"].to_str().unwrap().to_owned();
    (reply, at)
}

async fn complete(world: &World, at: &str) -> Reply {
    world.post("anna.vogt", &format!("{at}/completion"), &json!({})).await
}

/// Returns the names of all files in the bucket.
fn stored_files(world: &World) -> Vec<String> {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path.to_string_lossy().into_owned()) }
        }
    }
    let mut found = Vec::new();
    walk(&world.bucket.path, &mut found);
    found.iter().map(|path| path.rsplit('/').nth(3).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn lead_2_a_document_is_uploaded_and_downloaded_by_link_renamed_and_removed_with_its_file() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let (made, at) = announced(&world, id).await;
    assert_eq!(
        (made.text("/state"), made.text("/upload/method"), made.text("/upload/expires_at")),
        ("pending", "PUT", "2026-11-23T09:15:00Z")
    );
    // Before the upload, the document is not on the timeline and has no download link.
    let early = complete(&world, &at).await;
    assert_eq!((early.status, early.text("/detail")), (409, "the file is not uploaded completely: 0 of 22 bytes (LEAD-2)"));
    assert_eq!(world.get(ADMIN, &at).await.body["download"], Value::Null);
    assert_eq!(put(&world, made.text("/upload/url")).await, 200);
    let done = complete(&world, &at).await;
    assert_eq!((done.status, done.text("/state"), done.body["version"].as_u64()), (200, "uploaded", Some(2)), "{}", done.body);
    assert_eq!(complete(&world, &at).await.body["version"], 2, "once");
    assert_eq!(stored_files(&world), ["documents"]);
    let renamed = json!({"title": "Bestellung"}).to_string();
    let headers = [("content-type", "application/json"), ("if-match", "\"2\"")];
    assert_eq!(world.call(Request::patch("anna.vogt", &at).headers(&headers).body(renamed.as_bytes())).await.text("/title"), "Bestellung");
    assert_eq!(world.call(Request::patch("anna.vogt", &at).headers(&headers).body(renamed.as_bytes())).await.status, 412);
    let fixed =
        world.call(Request::patch("anna.vogt", &at).headers(&headers[..1]).body(br#"{"bytes": 1, "content_type": "text/html"}"#)).await;
    assert_eq!(fixed.faults(), ["content_type LEAD-2", "bytes LEAD-2"]);
    let shown = world.get("hugo.office", &at).await;
    assert_eq!(shown.text("/download/expires_at"), "2026-11-23T09:05:00Z");
    let (status, headers, bytes) = follow(&world, Method::GET, shown.text("/download/url"), "x/y", b"").await;
    assert_eq!((status, &bytes[..], headers[header::CONTENT_TYPE].to_str().unwrap()), (200, PDF, "application/pdf"));
    assert_eq!(headers[header::CONTENT_DISPOSITION], "attachment; filename=\"Bestellung.pdf\"; filename*=UTF-8''Bestellung%2Epdf");
    // The upload link is still valid, but it no longer changes the document's file.
    assert_eq!(put(&world, made.text("/upload/url")).await, 200);
    let removed = world.call(Request::delete("anna.vogt", &at)).await;
    assert_eq!((removed.status, removed.text("/removed_by")), (200, "user:anna.vogt"));
    assert_eq!(stored_files(&world), Vec::<String>::new());
    assert_eq!(follow(&world, Method::GET, shown.text("/download/url"), "x/y", b"").await.0, 404);
    assert_eq!((complete(&world, &at).await.status, world.get(ADMIN, &at).await.body["download"].clone()), (409, Value::Null));
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let what: Vec<_> =
        page.body["timeline"].as_array().unwrap()[1..].iter().map(|entry| entry["events"][0]["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["document_announced", "element_added", "element_changed", "element_removed"]);
}

/// LEAD-2: a link is valid for one file, one method, one type and size, and a limited time.
#[tokio::test]
async fn lead_2_a_document_link_is_valid_for_one_file_method_type_and_size_only() {
    let world = World::new().await;
    let (id, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("piet")).await);
    let (made, at) = announced(&world, id).await;
    let up = made.text("/upload/url").to_owned();
    assert_eq!(follow(&world, Method::PUT, &up, "text/html", PDF).await.0, 403);
    assert_eq!(follow(&world, Method::PUT, &up, "application/pdf", b"more than was announced").await.0, 403);
    assert_eq!(follow(&world, Method::GET, &up, "application/pdf", b"").await.0, 403);
    for at in [up.len() - 1, up.len() - 40, up.rfind('/').unwrap() + 3] {
        let mut forged = up.clone();
        forged.replace_range(at..=at, if &up[at..=at] == "A" { "B" } else { "A" });
        assert_eq!(put(&world, &forged).await, 403);
    }
    assert!(stored_files(&world).is_empty());
    // A document cannot be completed under another lead or as an element of another kind.
    let name = at.rsplit('/').next().unwrap();
    assert_eq!(complete(&world, &format!("/leads/{other}/documents/{name}")).await.status, 404);
    assert_eq!(world.get(ADMIN, &format!("/leads/{id}/quotes/{name}")).await.status, 404);
    assert_eq!(put(&world, &up).await, 200);
    let down = complete(&world, &at).await.text("/download/url").to_owned();
    assert_eq!(follow(&world, Method::PUT, &down, "application/pdf", PDF).await.0, 403);
    world.advance_to("2026-11-23T09:04:59Z").await;
    assert_eq!(follow(&world, Method::GET, &down, "x/y", b"").await.0, 200);
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(follow(&world, Method::GET, &down, "x/y", b"").await.0, 403);
    world.advance_to("2026-11-23T09:15:00Z").await;
    assert_eq!(put(&world, &up).await, 403);
}

/// LEAD-2: a repeated request finishes a completion that crashed after the copy, and a removal that crashed before the file was deleted.
#[tokio::test]
async fn lead_2_a_repeat_finishes_a_document_request_that_crashed() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let (made, at) = announced(&world, id).await;
    put(&world, made.text("/upload/url")).await;
    let name = at.rsplit('/').next().unwrap();
    let (upload, file) = (format!("uploads/demo-group/{id}/{name}"), format!("documents/demo-group/{id}/{name}"));
    let mark = world.bucket.head(&upload, 1).await.unwrap().unwrap().mark;
    assert!(world.bucket.copy(&upload, &file, &mark).await.unwrap());
    assert_eq!(complete(&world, &at).await.status, 200);
    assert_eq!(stored_files(&world), ["documents"]);
    world.call(Request::delete("anna.vogt", &at)).await;
    world.bucket.put(&file, PDF.to_vec()).await.unwrap();
    assert_eq!(world.call(Request::delete("anna.vogt", &at)).await.body["version"], 3);
    assert!(stored_files(&world).is_empty());
    // A repeated creation returns another link to the same document.
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let announce = async || {
        world
            .call(Request::post("anna.vogt", &format!("/leads/{id}/documents")).headers(&headers).body(order_form().to_string().as_bytes()))
            .await
    };
    let first = announce().await;
    world.advance_to("2026-11-23T09:20:00Z").await;
    let second = announce().await;
    assert_eq!((first.text("/id"), put(&world, first.text("/upload/url")).await), (second.text("/id"), 403));
    assert_eq!(put(&world, second.text("/upload/url")).await, 200);
}

/// LEAD-2: in the cloud the links are S3's. They sign type and size, and the response makes browsers save the file instead of showing it.
#[tokio::test]
async fn lead_2_s3_links_sign_type_and_size_and_expire() {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(forecourt_edge::start::http_client())
        .build();
    let bucket = Bucket { client: aws_sdk_s3::Client::new(&config), name: "a-bucket".into(), scanned: false };
    let upload = Upload { name: "uploads/g/1/d", content_type: "image/png", bytes: 5 };
    let up = bucket.upload_link(upload, Duration::from_secs(900)).await.unwrap();
    let parts = [
        "https://a-bucket.s3.eu-central-1.amazonaws.com/uploads/g/1/d?",
        "X-Amz-Expires=900",
        "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost",
    ];
    assert!(parts.iter().all(|part| up.contains(part)) && !up.contains("checksum"), "{up}");
    let download = Download { name: "documents/g/1/d", content_type: "image/png", file_name: "Foto \"vorn\" ä.png" };
    let down = bucket.download_link(download, Duration::from_secs(300)).await.unwrap();
    let parts = ["/documents/g/1/d?", "X-Amz-Expires=300", "response-content-type=image%2Fpng", "response-content-disposition=attachment"];
    assert!(parts.iter().all(|part| down.contains(part)), "{down}");
    assert_eq!(download.disposition(), "attachment; filename=\"Foto__vorn___.png\"; filename*=UTF-8''Foto%20%22vorn%22%20%C3%A4%2Epng");
}
