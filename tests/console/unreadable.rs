//! Answers of the API that are no JSON, such as the page of a proxy (DESK-4).

use crate::support::console::Desk;
use crate::support::world::{ADMIN, enquiry};

/// A page says that the server did not answer, shows nothing of what arrived, and can be opened again.
#[tokio::test]
async fn desk_4_an_answer_that_is_no_json_becomes_a_page_that_says_so() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut browser = desk.signed_in(ADMIN).await;
    let address = format!("/desk/leads/{lead}");
    desk.garbles(Some("GET /leads"));
    let page = browser.get(&address).await;
    assert_eq!(page.status, 502, "{}", page.text);
    assert!(page.text.contains("Der Server hat nicht rechtzeitig geantwortet") && !page.text.contains("It works!"), "{}", page.text);
    assert!(page.text.contains(&format!("href=\"{address}\"")), "it offers to open the page again: {}", page.text);
    desk.garbles(None);
    assert_eq!(browser.get(&address).await.status, 200);
}

/// A form whose answer cannot be read may have been carried out. Sent again, it is carried out once.
#[tokio::test]
async fn desk_4_a_form_whose_answer_is_no_json_is_carried_out_once() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await.to_string();
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/comment");
    let key = browser.get(&form).await.value("key").unwrap();
    let fields = [("text", "Will come on Friday"), ("key", key.as_str())];
    desk.garbles(Some("POST /leads"));
    let lost = browser.send(&form, &fields).await;
    assert_eq!(lost.status, 502, "{}", lost.text);
    assert!(!lost.text.contains("It works!"), "{}", lost.text);
    desk.garbles(None);
    let sent = browser.send(&form, &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let comments = desk.world.get(ADMIN, &format!("/leads/{lead}/comments")).await;
    assert_eq!(comments.body["elements"].as_array().unwrap().len(), 1, "{}", comments.body);
}
