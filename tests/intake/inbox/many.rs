//! Several mails are marked as handled in one request, each with an answer of its own (INT-7).

use super::{MAILS, arrive, newsletter, read, record, store};
use crate::support::mails::LETTER;
use crate::support::world::{ADMIN, Reply, Request, World};
use forecourt_domain::mail::MailOutcome;
use serde_json::{Value, json};

async fn complete(world: &World, who: &str, mails: &Value, key: &str) -> Reply {
    let request = Request::post(who, &format!("{MAILS}/completion")).headers(&[("idempotency-key", key)]);
    world.call(request.json(&json!({"mails": mails}))).await
}

fn lines(reply: &Reply) -> Vec<String> {
    let line = |one: &Value| {
        format!(
            "{} {} {}",
            one["id"].as_str().unwrap(),
            one["status"],
            one["mail"]["state"].as_str().or(one["problem"]["rule"].as_str()).unwrap_or("-")
        )
    };
    reply.body["results"].as_array().unwrap_or_else(|| panic!("{}", reply.body)).iter().map(line).collect()
}

/// INT-7: each mail has its own result, in the order of the request: one that is a lead or does not exist does not block the others, and
/// one that is handled stays as it is.
#[tokio::test]
async fn int_7_several_mails_are_handled_each_with_its_own_result() {
    let world = World::new().await;
    for id in ["m1", "m2", "m3"] {
        arrive(&world, id, newsletter()).await;
    }
    let leads = MailOutcome::Leads { leads: vec!["4829130576".parse().unwrap()], refused: None };
    store(&world, record("lead", LETTER.as_bytes(), leads, world.system.clock.now()), LETTER.as_bytes()).await;
    assert_eq!(world.post("helga.stern", &format!("{MAILS}/m3/completion"), &json!({})).await.status, 200);
    let before = read(&world, "m3").await;
    let named = json!(["m1", "lead", "none", "m2", "?", "m3", "m1"]);
    let done = complete(&world, ADMIN, &named, "k1").await;
    assert_eq!(done.status, 207, "{}", done.body);
    let expected =
        ["m1 200 handled", "lead 409 INT-7", "none 404 LEAD-9", "m2 200 handled", "? 404 LEAD-9", "m3 200 handled", "m1 200 handled"];
    assert_eq!(lines(&done), expected, "{}", done.body);
    assert_eq!(read(&world, "m3").await, before, "it stays as it is");
    assert_eq!(read(&world, "m1").await.handled.unwrap().by.user().unwrap().as_str(), ADMIN);
    assert_eq!(world.get(ADMIN, MAILS).await.body["mails"], json!([]));
    // A repeat of the request changes nothing of a mail that was reopened meanwhile.
    let version = read(&world, "m1").await.version;
    let reopened = Request::delete(ADMIN, &format!("{MAILS}/m1/completion")).headers(&[("if-match", &format!("\"{version}\""))]);
    assert_eq!(world.call(reopened).await.status, 200);
    assert_eq!(complete(&world, ADMIN, &named, "k1").await.status, 207);
    assert!(read(&world, "m1").await.handled.is_none());
    assert_eq!(lines(&complete(&world, ADMIN, &json!(["m1"]), "k2").await), ["m1 200 handled"]);
    assert!(read(&world, "m1").await.handled.is_some());
}

/// INT-7, ACC-1: it needs the right of the single decision, and a list of mails.
#[tokio::test]
async fn int_7_only_users_who_decide_about_a_mail_decide_about_several() {
    let world = World::new().await;
    arrive(&world, "m1", newsletter()).await;
    for (who, status) in
        [("anna.vogt", 403), ("hugo.office", 403), ("otto.operator", 403), ("partner:portal-demo", 403), ("dan.rivera", 404)]
    {
        let refused = complete(&world, who, &json!(["m1"]), who).await;
        assert_eq!(refused.status, status, "{who}: {}", refused.body);
    }
    // The other group has a dealer of the same id, without the mail.
    assert_eq!(lines(&complete(&world, "rival.seller", &json!(["m1"]), "k").await), ["m1 404 LEAD-9"]);
    let many: Vec<String> = (0..101).map(|i| format!("m{i}")).collect();
    for wrong in [json!([]), json!("m1"), json!({}), Value::Null, json!(many)] {
        assert_eq!(complete(&world, ADMIN, &wrong, "w").await.faults(), ["mails INT-7"], "{wrong}");
    }
    assert!(read(&world, "m1").await.is_open());
}
