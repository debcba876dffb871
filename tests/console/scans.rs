//! The state of the malware scan beside the files of a lead (LEAD-2).

use crate::support::console::{Desk, lacks, shows};
use crate::support::documents::uploaded;
use crate::support::mails::answer;
use crate::support::world::{ADMIN, enquiry};
use forecourt_local::folder::TEST_THREAT;

/// LEAD-2: a file with a threat is marked in the thread, in the list and on its own page; it is not offered as an attachment.
#[tokio::test]
async fn lead_2_a_file_with_a_threat_is_marked_wherever_it_is_shown() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = world.lead(&enquiry("petersen")).await;
    let rest = format!(
        "Subject: AW: Ihr Angebot\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nAnbei.\r\n\
         --b\r\nContent-Type: application/pdf; name=Ausweis.pdf\r\nContent-Disposition: attachment; filename=Ausweis.pdf\r\n\r\n\
         %PDF-1.7 {TEST_THREAT}\r\n--b--\r\n"
    );
    answer(world, lead, "Jana Petersen <petersen@example.com>", &rest).await;
    uploaded(world, lead, "Vertrag", b"%PDF-1.7 a contract").await;
    let documents = world.get(ADMIN, &format!("/leads/{lead}/documents")).await.body["elements"].clone();
    let received = documents.as_array().unwrap().iter().find(|one| one["title"] == "Ausweis.pdf").unwrap()["id"].clone();
    let page = format!("/desk/leads/{lead}/documents/{}", received.as_str().unwrap());
    for (language, tag, why) in [
        ("en", "virus found, locked", "The file cannot be opened and is not sent"),
        ("de", "Virus gefunden, gesperrt", "Die Datei kann nicht geöffnet werden"),
        ("nl", "virus gevonden, geblokkeerd", "Het bestand kan niet worden geopend"),
    ] {
        let mut reader = desk.speaking(ADMIN, language).await;
        for path in [format!("/desk/leads/{lead}?tab=thread"), format!("/desk/leads/{lead}/documents")] {
            let shown = reader.get(&path).await;
            assert_eq!(shown.text.matches(tag).count(), 1, "{path}: {}", shown.text);
        }
        let shown = reader.get(&page).await;
        shows(&shown, &[tag, why]);
        assert_eq!(shown.status, 200);
    }
    let mut admin = desk.signed_in(ADMIN).await;
    let form = admin.get(&format!("/desk/leads/{lead}/email")).await;
    shows(&form, &["Vertrag (1 KB)"]);
    lacks(&form, &["Ausweis.pdf"]);
}
