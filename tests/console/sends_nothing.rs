//! The forms of messages while the dealer sends none (SET-5, MSG-1).

use crate::support::console::{Desk, shows};
use crate::support::world::{ADMIN, enquiry};

/// SET-5, MSG-1: the form says beforehand that the dealer sends nothing, and the refusal is understandable.
#[tokio::test]
async fn set_5_the_form_says_that_the_dealer_sends_nothing() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = world.lead(&enquiry("petersen")).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/email");
    world.settings(|settings| settings.send_external_mail = false).await;
    shows(&admin.get(&form).await, &["Ihr Betrieb hat Nachrichten an Kunden abgeschaltet."]);
    world.settings(|settings| settings.lead_tracking_only = true).await;
    shows(&admin.get(&form).await, &["Ihr Betrieb antwortet Kunden in einem anderen System."]);
    let sent =
        admin.send(&form, &[("medium", "email"), ("purpose", "contract"), ("subject", "S"), ("text", "Bleibt hier"), ("key", "k")]).await;
    assert!(sent.status == 409 && sent.text.contains("Bleibt hier") && sent.text.contains("role=\"alert\""), "{}", sent.text);
}
