//! The carrier on AWS against a server on this machine: what a slow answer, a refusal, a broken connection and an unknown name mean
//! (MSG-1).

use crate::support::root;
use crate::support::world::at;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use forecourt_domain::messages::Retry;
use forecourt_edge::resolver::System;
use forecourt_send::https::Https;
use forecourt_send::mail::Mail;
use forecourt_send::pace::Pace;
use forecourt_send::ses::{Ses, Settings};
use forecourt_send::{Carrier, Sms, Undelivered};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How the server treats a request.
#[derive(Clone, Copy)]
enum Treatment {
    /// Answers with a status, a media type and a body.
    Answers(u16, &'static str, &'static str),
    /// Reads the request and never answers.
    StaysSilent,
    /// Reads the request and closes the connection.
    Closes,
    /// Closes the connection in the middle of its answer.
    BreaksOff,
}

/// Reads a request with a `Content-Length`. `false` if the sender has closed the connection.
async fn read(stream: &mut TcpStream) -> bool {
    let (mut text, mut chunk) = (Vec::new(), [0; 4_096]);
    loop {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return false,
            Ok(n) => text.extend_from_slice(&chunk[..n]),
        }
        let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&text[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()).unwrap_or(0);
        if text.len() >= end + 4 + length {
            return true;
        }
    }
}

/// Starts a server. Returns its address and the number of requests that it has read.
async fn server(treatment: Treatment) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, requests) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                while read(&mut stream).await {
                    count.fetch_add(1, SeqCst);
                    match treatment {
                        Treatment::Answers(status, media_type, body) => {
                            let head =
                                format!("HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n", body.len());
                            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                        }
                        Treatment::StaysSilent => std::future::pending().await,
                        Treatment::Closes => return,
                        Treatment::BreaksOff => {
                            return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<Send").await.unwrap();
                        }
                    }
                }
            });
        }
    });
    (address, requests)
}

fn carrier(endpoint: &str) -> Ses {
    let credentials = SharedCredentialsProvider::new(Credentials::for_tests());
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("eu-central-1"));
    let settings = Settings {
        from: "desk@forecourt.example".into(),
        configuration_set: Some("forecourt-mail".into()),
        sms_from: Some("Forecourt".into()),
        mail_pace: Pace::unlimited(),
        sms_pace: Pace::unlimited(),
        timeout: Duration::from_millis(400),
        https: Https::new(Arc::new(System)),
    };
    Ses::new(&config.credentials_provider(credentials).endpoint_url(endpoint).build(), settings)
}

fn mail() -> Mail {
    let body = serde_json::json!({"id": "m-1", "to_name": "Jana", "to": "jana@example.com", "from_name": "Desk",
        "at": at("2026-11-23T09:00:00Z"), "subject": "Hello", "text": "Hello"});
    serde_json::from_value(body).unwrap()
}

fn sms() -> Sms {
    Sms { id: "s-1".into(), to: "+491712345678".into(), from: None, text: "Hello".into(), at: at("2026-11-23T09:00:00Z") }
}

type MailResult = Result<String, Undelivered>;

/// Sends a mail and a text message to the server. Returns both results; each must have been one request.
async fn sent(treatment: Treatment) -> [MailResult; 2] {
    let (address, requests) = server(treatment).await;
    let carrier = carrier(&format!("http://{address}"));
    let mail = carrier.carry(&mail()).await;
    assert_eq!(requests.load(SeqCst), 1, "one POST for a mail");
    let sms = carrier.carry_sms(&sms()).await;
    assert_eq!(requests.load(SeqCst), 2, "one POST for a text message");
    [mail, sms]
}

fn retries(sent: &[MailResult; 2]) -> [Option<Retry>; 2] {
    sent.each_ref().map(|sent| sent.as_ref().err().map(Undelivered::retry))
}

const XML: &str = "text/xml";
const JSON: &str = "application/x-amz-json-1.0";
const TAKEN: &str = "<SendRawEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><SendRawEmailResult>\
    <MessageId>id-1</MessageId></SendRawEmailResult></SendRawEmailResponse>";
const REJECTED: &str = "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><Error><Type>Sender</Type>\
    <Code>MessageRejected</Code><Message>Email address is not verified.</Message></Error></ErrorResponse>";
const THROTTLED: &str = "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><Error><Type>Sender</Type>\
    <Code>Throttling</Code><Message>Daily message quota exceeded.</Message></Error></ErrorResponse>";

#[tokio::test]
async fn msg_1_one_attempt_is_one_post_whatever_the_provider_answers() {
    let [mail, _] = sent(Treatment::Answers(200, XML, TAKEN)).await;
    assert_eq!(mail.unwrap(), "id-1");
    let [_, sms] = sent(Treatment::Answers(200, JSON, r#"{"MessageId": "id-2"}"#)).await;
    assert_eq!(sms.unwrap(), "id-2");
    let [mail, _] = sent(Treatment::Answers(400, XML, REJECTED)).await;
    let rejected = mail.unwrap_err();
    assert_eq!(rejected.retry(), Retry::Never);
    assert!(rejected.why().contains("Email address is not verified"), "{}", rejected.why());
    let [_, sms] = sent(Treatment::Answers(400, JSON, r#"{"__type": "ValidationException", "message": "no such number"}"#)).await;
    assert_eq!(sms.unwrap_err().retry(), Retry::Never);
    // Throttling and used-up quotas use up no attempt.
    let [mail, _] = sent(Treatment::Answers(400, XML, THROTTLED)).await;
    assert_eq!(mail.unwrap_err().retry(), Retry::Busy);
    for quota in ["ThrottlingException", "ServiceQuotaExceededException"] {
        let answer: &'static str = format!(r#"{{"__type": "{quota}", "message": "spending limit"}}"#).leak();
        let [_, sms] = sent(Treatment::Answers(400, JSON, answer)).await;
        assert_eq!(sms.unwrap_err().retry(), Retry::Busy, "{quota}");
    }
    // A failure that the provider reports is known: it is retried later, by the queue and not by the SDK.
    for status in [500, 503] {
        assert_eq!(retries(&sent(Treatment::Answers(status, XML, "")).await), [Some(Retry::Later); 2], "{status}");
    }
}

#[tokio::test]
async fn msg_1_a_request_without_an_answer_is_unclear() {
    for treatment in [Treatment::StaysSilent, Treatment::Closes, Treatment::BreaksOff] {
        assert_eq!(retries(&sent(treatment).await), [Some(Retry::Unclear); 2]);
    }
}

#[tokio::test]
async fn msg_1_an_attempt_whose_connection_never_stood_is_retried_and_not_unclear() {
    // Nobody listens on the port of a closed listener.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for endpoint in [format!("http://{free}"), "http://ses.forecourt.invalid".into()] {
        let carrier = carrier(&endpoint);
        for failed in [carrier.carry(&mail()).await, carrier.carry_sms(&sms()).await] {
            let failed = failed.unwrap_err();
            assert_eq!(failed.retry(), Retry::Later, "{endpoint}: {}", failed.why());
        }
    }
    // A listener that never finishes the TLS handshake: the connection times out.
    let (address, _) = server(Treatment::StaysSilent).await;
    let failed = carrier(&format!("https://{address}")).carry(&mail()).await.unwrap_err();
    assert_eq!(failed.retry(), Retry::Later, "{}", failed.why());
}

/// MSG-1: a process sends at its share of the rate, and processes that start together do not send together.
#[tokio::test(start_paused = true)]
async fn msg_1_sends_keep_to_the_rate_with_jitter() {
    let start = tokio::time::Instant::now();
    let pace = Pace::shared(10.0, 5);
    assert!(pace.wait() <= Duration::from_millis(500));
    for _ in 0..21 {
        pace.turn().await;
    }
    let all = start.elapsed();
    assert!((Duration::from_secs(10)..=Duration::from_millis(12_600)).contains(&all), "{all:?}");
    assert!(pace.wait() >= Duration::from_millis(499), "{:?}", pace.wait());
    let unlimited = Pace::unlimited();
    unlimited.turn().await;
    assert_eq!((unlimited.wait(), start.elapsed()), (Duration::ZERO, all));
    let mut firsts = Vec::new();
    for _ in 0..5 {
        let (pace, start) = (Pace::shared(1.0, 5), tokio::time::Instant::now());
        pace.turn().await;
        firsts.push(start.elapsed());
    }
    firsts.dedup();
    assert!(firsts.len() > 1, "{firsts:?}");
}

/// MSG-1: a rate that cannot be read stops the start of the function: without a limit the provider would throttle the account.
#[test]
fn msg_1_a_rate_that_is_no_number_above_0_is_an_error() {
    let read = |rate: Option<&str>, processes: Option<&str>| {
        let setting = |name: &'static str| {
            let value = if name == "PROCESSES" { processes } else { rate };
            value.map(str::to_owned)
        };
        Pace::read("MAIL_RATE", setting).map(|pace| pace.wait()).map_err(|e| (e.name, e.to_string()))
    };
    assert_eq!(read(None, None), Ok(Duration::ZERO));
    assert_eq!(read(Some("4"), None), Ok(Duration::from_millis(250)));
    assert_eq!(read(Some("2.5"), Some("5")), Ok(Duration::from_secs(2)));
    for wrong in ["fast", "14/s", "0", "-1", "NaN", "inf"] {
        let text = format!("the environment variable MAIL_RATE is '{wrong}', and must be a number above 0");
        assert_eq!(read(Some(wrong), Some("5")), Err(("MAIL_RATE", text)));
    }
    for wrong in ["0", "2.5", "-5"] {
        assert_eq!(read(Some("14"), Some(wrong)).unwrap_err().0, "PROCESSES", "{wrong}");
    }
}

/// MSG-1: the processes that share the rates are as many as the queue `send` may start.
#[test]
fn msg_1_the_template_shares_the_rates_among_the_processes_of_the_queue() {
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let number = |before: &str, name: &str| -> u32 {
        let after = template.split_once(before).unwrap().1.split_once(name).unwrap().1;
        after.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    let most = number("Queue: !GetAtt SendQueue.Arn\n", "MaximumConcurrency: ");
    assert_eq!(number("MAIL_RATE: !Ref MailRate\n", "PROCESSES: \""), most);
}

/// MSG-1: a mail names the configuration set that publishes its events, and the tags that SES returns with them.
#[tokio::test]
async fn msg_1_a_mail_names_its_configuration_set_and_its_tags() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut request, mut buffer) = (Vec::new(), [0; 65_536]);
        while !String::from_utf8_lossy(&request).contains("Tags.member.2.Value=p-1") {
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&request));
            request.extend_from_slice(&buffer[..read]);
        }
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {XML}\r\ncontent-length: {}\r\n\r\n", TAKEN.len());
        stream.write_all(format!("{head}{TAKEN}").as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    let tags = serde_json::from_value(serde_json::json!({"about": "a-1", "proof": "p-1"})).unwrap();
    let sent = carrier(&format!("http://{address}")).carry(&Mail { tags: Some(tags), ..mail() }).await;
    assert_eq!(sent.unwrap(), "id-1");
    let asked = asked.await.unwrap();
    let fields = ["ConfigurationSetName=forecourt-mail", "Tags.member.1.Name=about", "Tags.member.1.Value=a-1", "Tags.member.2.Name=proof"];
    assert!(fields.iter().all(|field| asked.contains(field)), "{asked}");
}
