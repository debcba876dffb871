//! Canned answers in the forms that write a message (LEAD-3, MSG-2).

use crate::support::console::{Desk, lacks, shows};
use crate::support::world::{ADMIN, NORDSTERN, Request, enquiry};
use serde_json::{Value, json};

/// MSG-2, LEAD-3: if lines of a canned answer are left out because a value is unknown, the form names the value. Without such a line it
/// names none.
#[tokio::test]
async fn msg_2_the_form_names_the_values_because_of_which_lines_are_left_out() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let text = json!({"kind": "canned", "medium": "email", "language": "de", "name": "Baustein", "subject": "Ihr {{ vehicle }}",
        "text": "{{ greeting }}\n\nIhr Wunsch: {{ vehicle }}\nOffen: {{ hours }}\nVon {{ customer }} für {{ vehicle }}\n\n{{ seller }}"});
    let saved = world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/texts/frei")).json(&text)).await;
    assert_eq!(saved.status, 201, "{}", saved.body);
    let bare = world.lead(&enquiry("petersen")).await;
    let mut whole = enquiry("adler");
    whole["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
    let whole = world.lead(&whole).await;
    for (lead, left_out) in [(bare, json!(["vehicle"])), (whole, Value::Null)] {
        for path in ["canned-answers", "message-options"] {
            let read = world.get(ADMIN, &format!("/leads/{lead}/{path}")).await.body;
            let list = if path == "canned-answers" { &read["answers"] } else { &read["canned_answers"] };
            let answer = list.as_array().unwrap().iter().find(|one| one["id"] == "frei").unwrap();
            assert_eq!(answer["left_out"], left_out, "{path}: {answer}");
            assert_eq!(answer["text"].as_str().unwrap().contains("Ihr Wunsch"), left_out.is_null(), "{answer}");
        }
    }
    let insert = [("medium", "email"), ("purpose", "contract"), ("subject", ""), ("text", ""), ("canned", "frei"), ("do", "insert")];
    for (language, about, value) in [
        ("de", "Zeilen des Textbausteins wurden ausgelassen", "das Fahrzeug"),
        ("en", "Lines of the canned answer were left out", "the vehicle"),
        ("nl", "Regels van het standaardantwoord zijn weggelaten", "het voertuig"),
    ] {
        let mut admin = desk.speaking(ADMIN, language).await;
        let form = format!("/desk/leads/{bare}/email");
        lacks(&admin.get(&form).await, &[about]);
        let shown = admin.send(&form, &insert).await;
        shows(&shown, &[about, &format!("<li>{value}</li>")]);
        lacks(&shown, &["<li>die Öffnungszeiten</li>", "<li>the opening hours</li>"]);
        lacks(&admin.send(&format!("/desk/leads/{whole}/email"), &insert).await, &[about]);
    }
}
