//! Notices of the mail server: broken ones, large mails, and the raw mail of a lead.

use super::{address, leads, notice, portal, receive, received, record};
use crate::support::world::{ADMIN, NORDSTERN, World};
use forecourt_lead_intake::mail_in;
use serde_json::{Value, json};

async fn failures(world: &World, body: &str) -> usize {
    let event = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": body}]})).unwrap();
    mail_in::messages(&world.system.platform, event).await.batch_item_failures.len()
}

/// INT-1: a notice that cannot be read, and one of a mail that is missing, go back to the queue and end as dead letters. A message of the
/// mail server about itself is done.
#[tokio::test]
async fn int_1_a_broken_notice_becomes_a_dead_letter() {
    let world = World::new().await;
    let to = [address(NORDSTERN)];
    let good = notice(&format!("{}x", mail_in::FOLDER), &[&to[0]], &json!({}));
    let broken = [
        String::new(),
        "{".to_owned(),
        json!({"Message": "{\"notificationType\":\"Received\"}"}).to_string(),
        json!({"Message": "{\"notificationType\":"}).to_string(),
        good.replace("raw/mail/x", "documents/secret"),
        // The mail does not exist.
        good.clone(),
    ];
    for body in broken {
        assert_eq!(failures(&world, &body).await, 1, "{body}");
    }
    let about_itself = [
        json!({"Message": "Successfully validated SNS topic for Amazon SES event publishing."}).to_string(),
        json!({"Message": "{\"notificationType\":\"AmazonSnsSubscriptionSucceeded\"}"}).to_string(),
    ];
    for body in about_itself {
        assert_eq!(failures(&world, &body).await, 0, "{body}");
    }
}

/// INT-1: the event of AWS is handled as a mail only if it comes from the mail queue.
#[tokio::test]
async fn int_1_only_the_mail_queue_brings_mails() {
    let world = World::new().await;
    let event: Value = serde_json::from_str(include_str!("../../../events/lead-intake/mail-queue.json")).unwrap();
    let body: Value = serde_json::from_str(event["Records"][0]["body"].as_str().unwrap()).unwrap();
    let content: Value = serde_json::from_str(body["Message"].as_str().unwrap()).unwrap();
    let object = content["receipt"]["action"]["objectKey"].as_str().unwrap();
    let raw = include_bytes!("../../../events/lead-intake/mail/10_german_portal_plain_text.eml");
    world.system.platform.files.put(object, raw.to_vec()).await.unwrap();
    let arn = event["Records"][0]["eventSourceARN"].as_str().unwrap();
    let id = forecourt_domain::base::MailId::of_object(object);
    for (mails, is_mail) in [(None, false), (Some("arn:aws:sqs:eu-central-1:123456789012:other"), false), (Some(arn), true)] {
        let queues = forecourt_lead_intake::OwnQueues { mails: mails.map(str::to_owned), texts: None };
        let handled = forecourt_lead_intake::handle(&world.system.platform, &world.system.queue, &queues, event.clone()).await.unwrap();
        assert_eq!(record(&world, &id, NORDSTERN).await.is_some(), is_mail, "{handled}");
    }
    assert_eq!(leads(&record(&world, &id, NORDSTERN).await.unwrap()).len(), 1);
}

/// INT-1: a mail of 25 MB and one of 40 MB make their lead. What was not read is noted.
#[tokio::test]
async fn int_1_a_mail_of_40_mb_makes_its_lead() {
    let world = World::new().await;
    for (megabytes, is_cut) in [(24, false), (40, true)] {
        let head = portal(&format!("p-{megabytes}"), &format!("c{megabytes}@example.com"));
        let head = head.replace("Jana Petersen", &format!("Customer {megabytes}")).replace("2345678", &format!("23456{megabytes}"));
        let (headers, text) = head.split_once("\r\n\r\n").unwrap();
        let mut raw = format!(
            "{headers}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\
             --b\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n"
        )
        .into_bytes();
        let line = b"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\r\n";
        while raw.len() + line.len() + 10 < megabytes * 1_048_576 {
            raw.extend_from_slice(line);
        }
        raw.extend_from_slice(b"--b--\r\n");
        let mail = received(&world, &raw).await;
        assert_eq!(mail.bytes, raw.len() as u64);
        let id = leads(&mail)[0];
        let flags = format!("{:?}", world.page(id).await.timeline);
        assert!(flags.contains("plan.pdf"), "the document is named");
        assert_eq!(flags.contains("the rest was not read"), is_cut);
        // The answer of a function is limited, so that a large mail is a link.
        let event =
            crate::support::world::gateway_event(&world.tokens, crate::support::world::Request::get(ADMIN, &format!("/leads/{id}/raw")));
        let answer = world.system.http(event.unwrap()).await;
        assert_eq!(answer.status_code, 303);
        let link: http::Uri = answer.headers["location"].to_str().unwrap().parse().unwrap();
        let file = world.bucket.linked(&http::Method::GET, link.path(), &http::HeaderMap::new(), &axum::body::Bytes::new());
        assert_eq!(file.status(), 200);
        assert_eq!(axum::body::to_bytes(file.into_body(), usize::MAX).await.unwrap().len(), raw.len());
    }
}

/// INT-2: the raw mail of a lead is returned as it arrived, whatever bytes it has.
#[tokio::test]
async fn int_2_the_raw_mail_is_returned_unchanged() {
    use aws_lambda_events::encodings::Body;
    use base64::Engine as _;
    let world = World::new().await;
    let text = portal("p-1", "jana@example.com");
    let latin = [
        text.replace("p-1", "p-2")
            .replace("jana@", "karl@")
            .replace("Jana Petersen", "Karl Adler")
            .replace("2345678", "9876543")
            .as_bytes(),
        b"Gr\xfc\xdfe\n",
    ]
    .concat();
    for raw in [text.into_bytes(), latin] {
        let id = receive(&world, &[&address(NORDSTERN)], &raw).await;
        let lead = leads(&record(&world, &id, NORDSTERN).await.unwrap())[0];
        let request = crate::support::world::Request::get(ADMIN, &format!("/leads/{lead}/raw"));
        let answer = world.system.http(crate::support::world::gateway_event(&world.tokens, request).unwrap()).await;
        assert_eq!((answer.status_code, answer.headers["content-type"].to_str().unwrap()), (200, "message/rfc822"));
        assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
        let Some(Body::Text(body)) = answer.body else { panic!("no body") };
        let bytes =
            if answer.is_base64_encoded { base64::engine::general_purpose::STANDARD.decode(body).unwrap() } else { body.into_bytes() };
        assert_eq!(bytes, raw);
        std::fs::remove_file(world.bucket.path.join("raw/mail").join(id.as_str())).unwrap();
        assert_eq!(world.get(ADMIN, &format!("/leads/{lead}/raw")).await.status, 410);
    }
}
