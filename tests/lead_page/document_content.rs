//! The content of documents: compared with the declared type, refused if a browser would run it, locked until the malware scan allows it
//! (LEAD-2).

use crate::support::world::{ADMIN, Reply, Request, World, enquiry, gateway_event, reply_of};
use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use forecourt_domain::base::LeadId;
use forecourt_domain::elements::FileKind;
use forecourt_edge::Platform;
use forecourt_edge::files::{Bucket, Download, Files, Head, Upload, Verdict};
use forecourt_local::folder::Folder;
use forecourt_store::Failure;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// LEAD-2: what a browser or an operating system runs is recognised however it begins; a letter, a sign or an address is text.
#[test]
fn lead_2_active_content_is_recognised_and_plain_text_is_not() {
    let utf_16 = |text: &str| [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let active: [(Vec<u8>, FileKind); 27] = [
        (b"GIF89a/*<script>alert(1)</script>*/".to_vec(), FileKind::Markup),
        (b"\xFF\xD8\xFF\xFE<SVG onload=alert(1)>".to_vec(), FileKind::Markup),
        (b"printed by <script>alert(1)</script>\n%PDF-1.7".to_vec(), FileKind::Markup),
        (b"<!DOCTYPE html><title>x".to_vec(), FileKind::Markup),
        (b"\xEF\xBB\xBF \r\n\t<HTML>".to_vec(), FileKind::Markup),
        (b"<!-- a page --><script>alert(1)</script>".to_vec(), FileKind::Markup),
        (b"<svg/onload=alert(1)>".to_vec(), FileKind::Markup),
        (b"<svg:svg xmlns:svg=\"http://www.w3.org/2000/svg\">".to_vec(), FileKind::Markup),
        (b"<?xml version=\"1.0\"?><invoice/>".to_vec(), FileKind::Markup),
        (b"<?php system($_GET['c']);".to_vec(), FileKind::Markup),
        (b"<%@ page %>".to_vec(), FileKind::Markup),
        (b"</p><img src=x onerror=alert(1)>".to_vec(), FileKind::Markup),
        (b"Hello, please open: <ScRiPt>alert(1)</script>".to_vec(), FileKind::Markup),
        (utf_16("<html><script>alert(1)</script>"), FileKind::Markup),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n".to_vec(), FileKind::WebArchive),
        (b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n".to_vec(), FileKind::WebArchive),
        (b"#!/bin/sh\nrm -rf /".to_vec(), FileKind::Script),
        (b"@ECHO OFF\r\n".to_vec(), FileKind::Script),
        (b"[InternetShortcut]\r\nURL=file://x".to_vec(), FileKind::Script),
        (utf_16("Windows Registry Editor Version 5.00"), FileKind::Script),
        (b"MZ\x90\0\x03\0\0\0".to_vec(), FileKind::Program),
        (b"\x7FELF\x02\x01".to_vec(), FileKind::Program),
        (b"\xCF\xFA\xED\xFE\x07".to_vec(), FileKind::Program),
        (b"\xCA\xFE\xBA\xBE\0\0".to_vec(), FileKind::Program),
        (b"L\0\0\0\x01\x14\x02\0".to_vec(), FileKind::Program),
        (b"\0asm\x01\0\0\0".to_vec(), FileKind::Program),
        (b"dex\n035\0".to_vec(), FileKind::Program),
    ];
    for (head, kind) in &active {
        assert_eq!((FileKind::of(head), kind.is_active()), (*kind, true), "{}", String::from_utf8_lossy(head));
    }
    let passive: [(Vec<u8>, FileKind); 16] = [
        (b"%PDF-1.7 an order form".to_vec(), FileKind::Pdf),
        (b"\r\nprinted by x\r\n%PDF-1.4".to_vec(), FileKind::Pdf),
        (b"\xFF\xD8\xFF\xE0".to_vec(), FileKind::Jpeg),
        (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec(), FileKind::Png),
        (b"RIFF\x24\0\0\0WEBPVP8 ".to_vec(), FileKind::Webp),
        (b"\0\0\0\x18ftypheic".to_vec(), FileKind::Boxes),
        (b"PK\x03\x04\x14\0".to_vec(), FileKind::Zip),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0".to_vec(), FileKind::Compound),
        (b"{\\rtf1\\ansi".to_vec(), FileKind::Rtf),
        (b"\x01\x02\x03\0".to_vec(), FileKind::Other),
        (b"MZ-AB 123 is the plate".to_vec(), FileKind::Text),
        (b"<jana@example.com> wrote: 3 < 4".to_vec(), FileKind::Text),
        (b"<3".to_vec(), FileKind::Text),
        ("Größe; Maß\r\n".as_bytes().to_vec(), FileKind::Text),
        // Windows-1252.
        (b"Gr\xF6\xDFe; Ma\xDF; 5 \x80\r\n".to_vec(), FileKind::Text),
        (utf_16("Größe\tMaß"), FileKind::Text),
    ];
    for (head, kind) in &passive {
        assert_eq!((FileKind::of(head), kind.is_active()), (*kind, false), "{}", String::from_utf8_lossy(head));
    }
}

/// Announces a document and puts its file where the upload link would put it. Returns the document's path.
async fn uploaded(world: &World, lead: LeadId, (title, content_type): (&str, &str), file: &[u8]) -> String {
    let body = json!({"title": title, "content_type": content_type, "bytes": file.len()});
    let reply = world.post("anna.vogt", &format!("/leads/{lead}/documents"), &body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    world.bucket.put(&format!("uploads/demo-group/{lead}/{}", reply.text("/id")), file.to_vec()).await.unwrap();
    reply.headers["location"].to_str().unwrap().to_owned()
}

async fn complete(world: &World, at: &str) -> Reply {
    world.post("anna.vogt", &format!("{at}/completion"), &json!({})).await
}

#[tokio::test]
async fn lead_2_a_document_is_refused_if_its_content_is_active_or_of_another_type() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let refused: [(&str, &[u8], &str); 5] = [
        ("application/pdf", b"<html><script>alert(1)</script>", "is application/pdf, but the file is HTML, SVG or other markup"),
        ("application/octet-stream", b"MZ\x90\0\x03\0", "is application/octet-stream, but the file is a program"),
        ("application/x-unknown", b"<svg onload=alert(1)>", "is application/x-unknown, but the file is HTML, SVG or other markup"),
        ("image/png", b"\xFF\xD8\xFF\xE0", "is image/png, but the file is a JPEG image"),
        ("text/plain", b"%PDF-1.7", "is text/plain, but the file is a PDF document"),
    ];
    for (content_type, file, wanted) in refused {
        let at = uploaded(&world, lead, ("Order form", content_type), file).await;
        let reply = complete(&world, &at).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["content_type LEAD-2".to_owned()]), "{}", reply.body);
        assert!(reply.text("/errors/0/detail").starts_with(wanted), "{}", reply.body);
        // It stays pending and has no file that a download link could name. The right file completes it.
        let shown = world.get(ADMIN, &at).await;
        assert_eq!((shown.text("/state"), shown.body["download"].clone()), ("pending", Value::Null));
        let name = at.rsplit('/').next().unwrap();
        assert_eq!(world.bucket.get(&format!("documents/demo-group/{lead}/{name}")).await.unwrap(), None);
    }
    let accepted: [(&str, &[u8]); 4] = [
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
        ("text/csv", b"a;b\r\n"),
        ("application/x-unknown", b"\x01\x02"),
    ];
    for (content_type, file) in accepted {
        let at = uploaded(&world, lead, ("Order form", content_type), file).await;
        let reply = complete(&world, &at).await;
        assert_eq!((reply.status, reply.text("/state")), (200, "uploaded"), "{}", reply.body);
    }
    for content_type in ["text/html", "image/svg+xml", "application/xml", "application/xhtml+xml", "multipart/related", "text/javascript"] {
        let body = json!({"title": "x", "content_type": content_type, "bytes": 5});
        let reply = world.post("anna.vogt", &format!("/leads/{lead}/documents"), &body).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["content_type LEAD-2".to_owned()]), "{content_type}");
    }
}

/// LEAD-2: a file of an unknown type is downloaded as data, and not under a name that an operating system runs.
#[test]
fn lead_2_an_unknown_type_is_downloaded_as_data() {
    let document = |title: &str, content_type: &str| -> forecourt_domain::elements::Document {
        serde_json::from_value(json!({"title": title, "content_type": content_type, "bytes": 1, "uploaded": 0})).unwrap()
    };
    let saved = |title, content_type| (document(title, content_type).download_type().to_owned(), document(title, content_type).file_name());
    let data = |name: &str| ("application/octet-stream".to_owned(), name.to_owned());
    // Stored by a release that accepted every type: it stays, and can be renamed.
    assert_eq!(saved("logo", "image/svg+xml"), data("logo"));
    let renamed = document("page.html", "text/html").renamed(Some("Offer".into()), Vec::new()).unwrap();
    assert_eq!((renamed.title.as_str(), renamed.content_type.as_str()), ("Offer", "text/html"));
    assert!(renamed.renamed(Some(" ".into()), Vec::new()).is_err());
    assert_eq!(saved("Invoice", "application/pdf"), ("application/pdf".into(), "Invoice.pdf".into()));
    assert_eq!(saved("invoice.js", "text/plain"), ("text/plain".into(), "invoice.js.txt".into()));
    assert_eq!(saved("invoice.JS", "application/x-unknown"), data("invoice.JS.bin"));
    assert_eq!(saved("invoice.exe. ", "application/octet-stream"), data("invoice.exe. .bin"));
    for name in ["setup.command", "report.xll", "start.jnlp", "help.settingcontent-ms", "disk.img", "module.psm1", "page.xhtm", "car.iso"] {
        assert_eq!(saved(name, "application/x-unknown"), data(&format!("{name}.bin")));
    }
    assert_eq!(saved("plan.dwg", "image/vnd.dwg"), data("plan.dwg"));
    assert_eq!(saved("page.html", "text/html"), data("page.html.bin"));
}

/// A folder with a scanner: its verdict is the tag, if there is one.
pub(super) struct Scanned {
    folder: Arc<Folder>,
    pub(super) tag: Mutex<Option<&'static str>>,
    /// A content that replaces the upload after the completion has read it.
    replacement: Option<&'static [u8]>,
}

#[async_trait]
impl Files for Scanned {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        self.folder.put(name, bytes).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.folder.get(name).await
    }

    async fn head(&self, name: &str, most: u64) -> Result<Option<Head>, Failure> {
        let head = self.folder.head(name, most).await?;
        if let Some(bytes) = self.replacement {
            self.folder.put(name, bytes.to_vec()).await?;
        }
        Ok(head)
    }

    async fn copy(&self, from: &str, to: &str, mark: &str) -> Result<bool, Failure> {
        self.folder.copy(from, to, mark).await
    }

    async fn verdict(&self, _: &str) -> Result<Verdict, Failure> {
        Ok(Verdict::of_tag(*self.tag.lock().unwrap()))
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        self.folder.remove(name).await
    }

    async fn erase(&self, name: &str) -> Result<(), Failure> {
        self.folder.erase(name).await
    }

    async fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        self.folder.names(prefix).await
    }

    async fn upload_link(&self, upload: Upload<'_>, validity: Duration) -> Result<String, Failure> {
        self.folder.upload_link(upload, validity).await
    }

    async fn download_link(&self, download: Download<'_>, validity: Duration) -> Result<String, Failure> {
        self.folder.download_link(download, validity).await
    }
}

impl Scanned {
    pub(super) fn of(world: &World, replacement: Option<&'static [u8]>) -> Arc<Self> {
        Arc::new(Self { folder: world.bucket.clone(), tag: Mutex::new(None), replacement })
    }

    /// Sends a request as Anna Vogt to the lead function, whose files these are.
    pub(super) async fn call(self: &Arc<Self>, world: &World, request: Request) -> Reply {
        let platform = Platform { files: self.clone(), ..world.system.platform.clone() };
        reply_of(forecourt_lead::handle(&platform, gateway_event(&world.tokens, request).unwrap()).await)
    }

    async fn complete(self: &Arc<Self>, world: &World, at: &str) -> Reply {
        let request = Request::post("anna.vogt", &format!("{at}/completion")).headers(&[("content-type", "application/json")]);
        self.call(world, request.body(b"{}")).await
    }
}

/// LEAD-2: there is no download before the verdict, and none against it. The document itself is uploaded, listed and removed as ever.
#[tokio::test]
async fn lead_2_a_document_is_downloaded_only_after_the_malware_scan_found_no_threat() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let files = Scanned::of(&world, None);
    let at = uploaded(&world, lead, ("Order form", "application/pdf"), b"%PDF-1.7").await;
    let done = files.complete(&world, &at).await;
    assert_eq!((done.status, done.text("/state"), done.body["download"].clone()), (200, "uploaded", Value::Null), "{}", done.body);
    let early = files.call(&world, Request::get("anna.vogt", &at)).await;
    assert_eq!((early.status, early.headers["retry-after"].to_str().unwrap(), early.text("/rule")), (409, "10", "LEAD-2"));
    assert!(early.text("/detail").contains("has not ended"), "{}", early.body);
    let refusals =
        [("THREATS_FOUND", "found a threat"), ("UNSUPPORTED", "(UNSUPPORTED)"), ("FAILED", "(FAILED)"), ("ANOTHER", "(ANOTHER)")];
    for (tag, wanted) in refusals {
        *files.tag.lock().unwrap() = Some(tag);
        let refused = files.call(&world, Request::get("anna.vogt", &at)).await;
        assert_eq!((refused.status, refused.headers.contains_key("retry-after")), (409, false), "{tag}");
        assert!(refused.text("/detail").contains(wanted), "{}", refused.body);
        assert_eq!(files.call(&world, Request::get("anna.vogt", &format!("/leads/{lead}/documents"))).await.status, 200);
    }
    *files.tag.lock().unwrap() = Some("NO_THREATS_FOUND");
    let clean = files.call(&world, Request::get("anna.vogt", &at)).await;
    assert_eq!(clean.status, 200, "{}", clean.body);
    assert!(clean.text("/download/url").starts_with("https://desk.example/"), "{}", clean.body);
    *files.tag.lock().unwrap() = Some("THREATS_FOUND");
    assert_eq!(files.call(&world, Request::delete("anna.vogt", &at)).await.status, 200);
    assert_eq!(files.call(&world, Request::get("anna.vogt", &at)).await.status, 200, "what was removed has no file");
}

/// PRV-6: a document proves a consent only if its file was uploaded and the malware scan allows it.
#[tokio::test]
async fn prv_6_a_document_without_an_allowed_file_proves_no_consent() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let files = Scanned::of(&world, None);
    let at = uploaded(&world, lead, ("Consent", "application/pdf"), b"%PDF-1.7").await;
    let consent = json!({"channel": "email", "purpose": "advertising", "status": "granted", "source": "form", "text": "I agree.",
        "document": at.rsplit('/').next().unwrap()});
    let declare = async || {
        let request = Request::post("anna.vogt", &format!("/leads/{lead}/contacts/000001/consents")).json(&consent);
        let reply = files.call(&world, request).await;
        (reply.status, if reply.status == 422 { reply.faults() } else { Vec::new() })
    };
    let refused = || (422, vec!["document PRV-6".to_owned()]);
    assert_eq!(declare().await, refused(), "the file is not uploaded yet");
    assert_eq!(files.complete(&world, &at).await.status, 200);
    assert_eq!(declare().await, refused(), "the scan has not ended");
    *files.tag.lock().unwrap() = Some("THREATS_FOUND");
    assert_eq!(declare().await, refused());
    *files.tag.lock().unwrap() = Some("NO_THREATS_FOUND");
    assert_eq!(declare().await, (200, Vec::new()));
    assert_eq!(files.call(&world, Request::delete("anna.vogt", &at)).await.status, 200);
    assert_eq!(declare().await, refused(), "it was removed");
}

/// LEAD-2: the upload link is valid during the completion, so only the content that was checked may become the document.
#[tokio::test]
async fn lead_2_a_file_that_is_replaced_during_its_completion_is_not_accepted() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let at = uploaded(&world, lead, ("Order form", "application/pdf"), b"%PDF-1.7").await;
    let replaced = Scanned::of(&world, Some(b"<script>")).complete(&world, &at).await;
    assert_eq!(replaced.status, 409, "{}", replaced.body);
    assert!(replaced.text("/detail").contains("replaced"), "{}", replaced.body);
    assert_eq!(complete(&world, &at).await.faults(), ["content_type LEAD-2"]);
}

/// Starts a server that answers each request by its first line and its headers, in lower case: with a status, headers, and a body.
async fn s3(answer: fn(&str) -> (u16, &'static str, &'static str), scanned: bool) -> (Bucket, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let noted = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut text, mut chunk) = (Vec::new(), [0; 4_096]);
            while !text.windows(4).any(|four| four == b"\r\n\r\n") {
                match stream.read(&mut chunk).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => text.extend_from_slice(&chunk[..n]),
                }
            }
            let head = String::from_utf8_lossy(&text).to_lowercase();
            let (status, headers, body) = answer(&head);
            noted.lock().unwrap().push(head);
            let length = body.len();
            let reply = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(aws_sdk_s3::config::Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(forecourt_edge::start::http_client())
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .build();
    (Bucket { client: aws_sdk_s3::Client::from_conf(config), name: "a-bucket".into(), scanned }, requests)
}

/// LEAD-2: S3 is asked for the first bytes only, copies only the content that was checked, and its tag is the verdict.
#[tokio::test]
async fn lead_2_s3_returns_the_first_bytes_and_the_verdict_and_copies_only_what_was_checked() {
    let (bucket, requests) = s3(
        |head| match head {
            head if head.starts_with("put /a-bucket/documents/stale") => (412, "", "<Error><Code>PreconditionFailed</Code></Error>"),
            head if head.starts_with("put ") => (200, "", "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"),
            head if head.contains("tagging") && head.contains("/gone") => (404, "", "<Error><Code>NoSuchKey</Code></Error>"),
            head if head.contains("tagging") && head.contains("/new") => (200, "", "<Tagging><TagSet></TagSet></Tagging>"),
            head if head.contains("tagging") => (
                200,
                "",
                "<Tagging><TagSet><Tag><Key>a</Key><Value>NO_THREATS_FOUND</Value></Tag>\
                 <Tag><Key>GuardDutyMalwareScanStatus</Key><Value>THREATS_FOUND</Value></Tag></TagSet></Tagging>",
            ),
            head if head.contains("/empty") => (416, "", "<Error><Code>InvalidRange</Code></Error>"),
            head if head.contains("/gone") => (404, "", "<Error><Code>NoSuchKey</Code></Error>"),
            _ => (206, "etag: \"e\"\r\ncontent-range: bytes 0-3/26214400\r\n", "%PDF"),
        },
        true,
    )
    .await;
    let head = bucket.head("uploads/g/1/d", 4).await.unwrap();
    assert_eq!(head, Some(Head { size: 26_214_400, bytes: b"%PDF".to_vec(), mark: "\"e\"".into() }));
    assert!(requests.lock().unwrap()[0].contains("range: bytes=0-3\r\n"), "{requests:?}");
    assert_eq!(bucket.head("uploads/g/1/empty", 4).await.unwrap(), Some(Head::default()));
    assert_eq!(bucket.head("uploads/g/1/gone", 4).await.unwrap(), None);
    assert!(bucket.copy("uploads/g/1/d", "documents/g/1/d", "\"e\"").await.unwrap());
    let copied = requests.lock().unwrap().last().unwrap().clone();
    assert!(
        copied.contains("x-amz-copy-source-if-match: \"e\"\r\n") && copied.contains("x-amz-tagging-directive: replace\r\n"),
        "{copied}"
    );
    assert!(!bucket.copy("uploads/g/1/d", "documents/stale", "\"e\"").await.unwrap());
    assert_eq!(bucket.verdict("documents/g/1/d").await.unwrap(), Verdict::Refused("THREATS_FOUND".into()));
    assert_eq!(bucket.verdict("documents/g/1/new").await.unwrap(), Verdict::Pending);
    assert_eq!(bucket.verdict("documents/g/1/gone").await.unwrap(), Verdict::NotScanned);
}

/// LEAD-2: with the scan switched off, S3 is not asked.
#[tokio::test]
async fn lead_2_no_tag_is_read_if_files_are_not_scanned() {
    let (bucket, requests) = s3(|_| (500, "", ""), false).await;
    assert_eq!(bucket.verdict("documents/g/1/d").await.unwrap(), Verdict::NotScanned);
    assert!(requests.lock().unwrap().is_empty());
}
