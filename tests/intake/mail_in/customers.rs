//! The dealer's own people and mails never become customers.

use super::{leads, letter, portal, reason, received};
use crate::support::world::World;
use forecourt_domain::base::Email;
use forecourt_domain::mail::MailStepState;

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// INT-7: a mail that this system sent makes no lead, and no further mail that could start a loop.
#[tokio::test]
async fn int_7_an_own_mail_makes_no_lead_and_no_mail() {
    let world = World::new().await;
    world.settings(|s| s.forward_to = Some(email("boss@nordstern.example"))).await;
    for raw in [
        letter("desk@elsewhere.example", "X-Forecourt-Mail: m-1\r\n"),
        letter("harbour-cars-demo.demo-group@IN.example.com", ""),
        letter("4829130576-abc.demo-group@in.example.com", ""),
    ] {
        let mail = received(&world, raw).await;
        assert_eq!(reason(&mail), "own_mail");
        assert!(mail.forward.is_none() && mail.report.is_none(), "{mail:?}");
    }
}

/// INT-7: a letter of a user or from a mailbox of the dealer makes no lead of that person. A portal's enquiry keeps its telephone number.
#[tokio::test]
async fn int_7_a_user_of_the_dealer_is_no_customer() {
    let world = World::new().await;
    let user = world.store.user(world.scope().group(), &"anna.vogt".parse().unwrap()).await.unwrap().unwrap();
    let mail = received(&world, letter(&user.email.to_string().to_uppercase(), "")).await;
    assert_eq!(reason(&mail), "own_address");
    assert!(mail.report.is_some());
    assert_eq!(reason(&received(&world, letter("leads@autohaus-nordstern-demo.example", "")).await), "own_address");
    let mail = received(&world, portal("p-1", user.email.as_str())).await;
    let page = world.page(leads(&mail)[0]).await;
    assert_eq!((page.lead.email, page.lead.phone.is_some()), (None, true));
    assert!(page.enquiry.unwrap().flags.iter().any(|flag| flag.field == "contact.email" && flag.detail.contains("of a user")));
}

/// INT-7: an enquiry that a user forwards is the customer's.
#[tokio::test]
async fn int_7_a_forwarded_enquiry_is_the_customers() {
    let world = World::new().await;
    let user = world.store.user(world.scope().group(), &"anna.vogt".parse().unwrap()).await.unwrap().unwrap();
    let raw = format!(
        "From: Anna Vogt <{}>\r\nSubject: WG: Frage zu Skoda Fabia\r\n\r\nBitte übernehmen!\n\nVon: Uwe Klein <uwe.klein@web.de>\n\
         Gesendet: Montag, 23. November 2026 09:40\nAn: Anna Vogt <{}>\nBetreff: Frage zu Skoda Fabia\n\nGuten Tag Frau Vogt,\n\
         hat der Fabia eine Standheizung?\nGruß, Uwe Klein\n",
        user.email, user.email
    );
    let mail = received(&world, raw).await;
    let lead = world.page(leads(&mail)[0]).await.lead;
    assert_eq!(lead.email.map(|email| email.to_string()).as_deref(), Some("uwe.klein@web.de"));
}

/// SET-4, INT-7: the copy to the forwarding target and the report are due at once. A mail is not sent back to its sender, and a virus not
/// passed on.
#[tokio::test]
async fn set_4_the_copy_and_the_report_are_due_at_once() {
    let world = World::new().await;
    world.settings(|s| s.forward_to = Some(email("boss@nordstern.example"))).await;
    let mail = received(&world, portal("p-1", "jana@example.com")).await;
    let forward = mail.forward.unwrap();
    assert_eq!((forward.due, forward.state), (Some(mail.received), MailStepState::Queued));
    assert!(mail.report.is_none());
    let mail = received(&world, letter("boss@nordstern.example", "")).await;
    assert!(mail.forward.is_none() && reason(&mail) == "own_address", "{mail:?}");
    let mail = received(&world, letter("jana@example.com", "X-SES-Virus-Verdict: FAIL\r\n")).await;
    assert_eq!((reason(&mail), mail.forward.is_none(), mail.report.is_some()), ("virus", true, true));
}
