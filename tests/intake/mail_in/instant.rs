//! The instant answer to an enquiry that came by mail (LEAD-3).

use super::{leads, letter, portal, received};
use crate::support::world::World;

/// Returns the recipients of the instant answers so far.
fn answered(world: &World) -> Vec<String> {
    let mails = world.system.mailbox.mails().into_iter();
    mails.filter(|mail| mail.id.ends_with(".instant-answer")).map(|mail| mail.to).collect()
}

async fn answering() -> World {
    let world = World::new().await;
    world.settings(|settings| settings.instant_answer.on = true).await;
    world
}

/// LEAD-3: a letter by mail is answered at once. A mail that failed a check, or whose headers ask for no answer, becomes a lead without an
/// answer.
#[tokio::test]
async fn lead_3_a_letter_by_mail_is_answered_unless_a_check_failed_or_a_program_wrote_it() {
    let world = answering().await;
    let mut wanted = Vec::new();
    for (number, (headers, is_answered)) in [
        ("", true),
        ("X-SES-Spam-Verdict: FAIL\r\n", false),
        ("X-SES-DMARC-Verdict: FAIL\r\n", false),
        ("Authentication-Results: amazonses.com; dmarc=fail\r\n", false),
        ("X-Auto-Response-Suppress: All\r\n", false),
        ("X-Loop: robot@example.com\r\n", false),
        ("X-SES-Spam-Verdict: PASS\r\nX-SES-DMARC-Verdict: GRAY\r\nX-Auto-Response-Suppress: None\r\n", true),
    ]
    .into_iter()
    .enumerate()
    {
        let from = format!("jana{number}@example.com");
        let mail = received(&world, letter(&from, headers)).await;
        assert_eq!(leads(&mail).len(), 1, "{headers}");
        world.system.settle().await;
        wanted.extend(is_answered.then_some(from));
        assert_eq!(answered(&world), wanted, "{headers}");
    }
}

/// LEAD-3: a portal's program sends the mail, but a customer wrote the enquiry: the customer is answered. Spam is not.
#[tokio::test]
async fn lead_3_the_customer_of_a_portals_mail_is_answered() {
    let world = answering().await;
    received(&world, portal("p-1", "jana@example.com")).await;
    let marked = format!("X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-generated\r\n{}", portal("p-2", "karl@example.com"));
    received(&world, marked.replace("0171 2345678", "0171 2345679")).await;
    world.system.settle().await;
    let wanted = ["jana@example.com", "karl@example.com"];
    assert_eq!(answered(&world), wanted);
    let spam = format!("X-SES-Spam-Verdict: FAIL\r\n{}", portal("p-3", "lena@example.com"));
    assert_eq!(leads(&received(&world, spam.replace("0171 2345678", "0171 2345680")).await).len(), 1);
    world.system.settle().await;
    assert_eq!(answered(&world), wanted);
}
