//! The screens of the dealer's own texts and canned answers: list, editor, preview, test, reset, history (MSG-2).

use crate::support::console::{Browser, Desk, Page, lacks, shows};
use crate::support::root;
use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use serde_json::{Value, json};

fn texts(rest: &str) -> String {
    format!("/desk/d/{NORDSTERN}/settings/texts{rest}")
}

async fn stored(world: &World) -> Vec<Value> {
    world.get(ADMIN, &format!("/dealers/{NORDSTERN}/texts")).await.body["texts"].as_array().unwrap().clone()
}

async fn save(world: &World, id: &str, body: &Value, version: Option<u64>) {
    let request = Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/texts/{id}")).json(body);
    let saved = world.call(match version {
        Some(version) => request.version(version),
        None => request,
    });
    let saved = saved.await;
    assert!(matches!(saved.status, 200 | 201), "{}", saved.body);
}

fn reminder(text: &str) -> Value {
    json!({"kind": "reminder", "medium": "email", "language": "de", "name": "Erinnerung", "subject": "Bis bald", "text": text})
}

/// The fields of the form of a reminder with another text, and with the key and the version of a page.
fn fields<'a>(page: &'a Page, text: &'a str, button: &'a str) -> Vec<(&'static str, String)> {
    let of = |name: &'static str| (name, page.value(name).unwrap_or_default().replace("&amp;", "&"));
    let mut fields = vec![of("key"), of("version"), of("was"), of("kind"), of("medium"), of("language"), of("name"), of("subject")];
    fields.extend([("text", text.to_owned()), ("do", button.to_owned())]);
    fields
}

async fn send(browser: &mut Browser<'_>, address: &str, fields: &[(&'static str, String)]) -> Page {
    let fields: Vec<(&str, &str)> =
        fields.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str())).collect();
    browser.send(address, &fields).await
}

const NEW: &str = "/new?kind=reminder&medium=email&language=de";

/// MSG-2, DESK-4: a standard text is changed in the editor: a fault stands beside its field with its line, nothing typed is lost, and the
/// list shows the text as changed. A form that is sent twice makes one text.
#[tokio::test]
async fn msg_2_a_text_is_changed_in_the_editor() {
    let desk = Desk::new().await;
    let mut admin = desk.signed_in(ADMIN).await;
    let list = admin.get(&texts("")).await;
    shows(&list, &["Terminerinnerung", "Standard", "wir erinnern Sie an Ihren Termin", "kind=reminder&amp;medium=email&amp;language=de"]);
    lacks(&list, &["class=\"tag yes\""]);
    let form = admin.get(&texts(NEW)).await;
    shows(
        &form,
        &[
            "Terminerinnerung · E-Mail · Deutsch",
            "wir erinnern Sie an Ihren Termin",
            "<code>{{ vehicle }}</code>",
            "Zum Beispiel: 2021 Opel Corsa",
            "sandbox title=",
            "Guten Tag Jana Petersen",
        ],
    );
    let wrong = send(&mut admin, &texts(NEW), &fields(&form, "Guten Tag\n{{ wagen }} unklar", "")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    for text in ["id=\"form-text-error\"", "Zeile 2, Zeichen 1: {{ wagen }} ist kein Platzhalter", "{{ wagen }} unklar</textarea>"] {
        assert!(wrong.text.contains(text), "{text}: {}", wrong.text);
    }
    assert_eq!(stored(&desk.world).await, Vec::<Value>::new());
    let good = fields(&form, "{{ greeting }}\n\nbis morgen!", "");
    for _ in 0..2 {
        let sent = send(&mut admin, &texts(NEW), &good).await;
        assert_eq!((sent.status, sent.header("location")), (303, &*texts("?tab=de&done=text_email")), "{}", sent.text);
    }
    let all = stored(&desk.world).await;
    assert_eq!((all.len(), &all[0]["kind"], &all[0]["text"]), (1, &json!("reminder"), &json!("{{ greeting }}\n\nbis morgen!")), "{all:?}");
    let list = admin.get(&texts("?tab=de&done=text_email")).await;
    shows(&list, &["Der Text ist gespeichert.", "class=\"tag yes\">Geändert", "Deutsch (1)", "bis morgen!", "Ingo Brandt"]);
    // Another text for the same letters is refused above the fields: the user sees no field of the kind.
    let rival = send(&mut admin, &texts(NEW), &fields(&admin_form(&desk).await, "x", "")).await;
    assert!(rival.status == 422 && rival.text.contains("Es gibt schon einen Text für dieses Medium"), "{} {}", rival.status, rival.text);
}

async fn admin_form(desk: &Desk) -> Page {
    desk.signed_in(ADMIN).await.get(&texts(NEW)).await
}

/// MSG-2: preview and test are buttons of the editor: they keep what was typed, and store nothing. A test goes to the user's own address,
/// once for a form that is sent twice.
#[tokio::test]
async fn msg_2_the_editor_previews_and_tests_a_draft() {
    let desk = Desk::new().await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = admin.get(&texts(NEW)).await;
    let draft = "{{ greeting }}\n\n<b>bis</b> {{ time }}";
    let preview = send(&mut admin, &texts(NEW), &fields(&form, draft, "preview")).await;
    shows(
        &preview,
        &[
            "Mit Beispieldaten",
            "{{ time }}</textarea>",
            "&amp;lt;b&amp;gt;bis",
            "Wenn das Fahrzeug nicht bekannt ist",
            "Guten Tag Jana Petersen,\n\n&lt;b&gt;bis&lt;/b&gt; 25.11.2026",
        ],
    );
    let (_, frame) = preview.text.split_once("<iframe").unwrap();
    let frame = frame.split_once("</iframe>").unwrap().0;
    assert!(!frame.contains("allow-") && frame.contains(" sandbox ") && frame.contains(".css"), "{frame}");
    // The policy permits no style in a page, also not in the frame.
    assert!(!frame.contains(" style="), "{frame}");
    let style = frame.split("&quot;").find(|part| part.ends_with(".css")).unwrap();
    let style = desk.browser().get(style).await;
    assert_eq!((style.status, style.header("cross-origin-resource-policy")), (200, "cross-origin"));
    let refused = send(&mut admin, &texts(NEW), &fields(&form, "{% x %}", "preview")).await;
    assert!(
        refused.status == 422 && refused.text.contains("id=\"form-text-error\"") && !refused.text.contains("<iframe"),
        "{}",
        refused.text
    );

    for _ in 0..2 {
        let tested = send(&mut admin, &texts(NEW), &fields(&form, draft, "test")).await;
        shows(&tested, &["Ein Test ist unterwegs an ingo.brandt@", "{{ time }}</textarea>"]);
    }
    desk.world.system.settle().await;
    let mails = desk.world.system.mailbox.mails().into_iter().filter(|mail| mail.id.starts_with("test-")).count();
    assert_eq!((mails, stored(&desk.world).await.len()), (1, 0));
    // A text message has no HTML.
    let sms = admin.get(&texts("/new?kind=reminder&medium=sms&language=en")).await;
    shows(&sms, &["Zeichen</p>", "maxlength=\"600\""]);
    lacks(&sms, &["<iframe", "name=\"subject\""]);
}

/// DESK-4, MSG-2: a form that is based on an older version overwrites nothing; the user sees both versions and decides. Preview in between
/// keeps the version.
#[tokio::test]
async fn desk_4_two_people_change_one_text() {
    let desk = Desk::new().await;
    save(&desk.world, "late", &reminder("eins"), None).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let address = texts("/own/late");
    let form = admin.get(&address).await;
    save(&desk.world, "late", &reminder("zwei von Helga"), Some(1)).await;
    let previewed = send(&mut admin, &address, &fields(&form, "drei", "preview")).await;
    assert_eq!(previewed.value("version").as_deref(), Some("1"), "{}", previewed.text);
    let conflict = send(&mut admin, &address, &fields(&previewed, "drei", "")).await;
    assert_eq!(conflict.status, 412, "{}", conflict.text);
    for text in ["zwei von Helga", "drei", "eins", "name=\"pick.text\""] {
        assert!(conflict.text.contains(text), "{text}: {}", conflict.text);
    }
    assert_eq!(stored(&desk.world).await[0]["text"], "zwei von Helga");
    let mut picked = fields(&conflict, "drei", "");
    picked.push(("pick.text", "mine".to_owned()));
    assert_eq!(send(&mut admin, &address, &picked).await.status, 303);
    assert_eq!(stored(&desk.world).await[0]["text"], "drei");
}

/// MSG-2, SET-10: a text is reset after confirmation. The history shows who changed what, and an earlier text is restored in the editor,
/// also one that was removed.
#[tokio::test]
async fn msg_2_the_history_shows_changes_and_restores_an_earlier_text() {
    let desk = Desk::new().await;
    let world = &desk.world;
    save(world, "late", &reminder("der erste"), None).await;
    save(world, "late", &reminder("der zweite"), Some(1)).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let confirm = admin.get(&texts("/own/late/removal")).await;
    shows(&confirm, &["Auf den Standardtext zurücksetzen", "Terminerinnerung · E-Mail · Deutsch: Erinnerung"]);
    assert_eq!(stored(world).await.len(), 1);
    let stale = admin.send(&texts("/own/late/removal"), &[("key", "k"), ("version", "1")]).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    let sent = admin.send(&texts("/own/late/removal"), &[("key", "l"), ("version", &confirm.value("version").unwrap())]).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*texts("?tab=de&done=text_reset")), "{}", sent.text);
    assert_eq!(stored(world).await.len(), 0);

    let history = admin.get(&texts("/history")).await;
    shows(&history, &["Ingo Brandt", "Entfernt", "Geändert", "Angelegt", "der erste", "der zweite", "/new?from=3", "/new?from=2"]);
    lacks(&history, &["from=1\""]);
    let form = admin.get(&texts("/new?from=2")).await;
    shows(&form, &["Das ist der frühere Text.", "der erste</textarea>"]);
    assert_eq!(send(&mut admin, &texts("/new"), &fields(&form, "der erste", "")).await.status, 303);
    let all = stored(world).await;
    assert_eq!((all.len(), &all[0]["text"], &all[0]["name"]), (1, &json!("der erste"), &json!("Erinnerung")));
    // Of a text that exists, the form has the present version: a change in between is noticed.
    let own = texts(&format!("/own/{}", all[0]["id"].as_str().unwrap()));
    let form = admin.get(&format!("{own}?from=2")).await;
    assert_eq!(form.value("version").as_deref(), Some("4"), "{}", form.text);
    assert_eq!(admin.get(&format!("{own}?from=1")).await.status, 404, "the first change has no text before it");
    assert_eq!(admin.get(&texts("/new?from=99")).await.status, 404);
}

/// MSG-2: canned answers are listed, created, changed and deleted.
#[tokio::test]
async fn msg_2_canned_answers_are_created_changed_and_deleted() {
    let desk = Desk::new().await;
    let mut admin = desk.signed_in(ADMIN).await;
    shows(
        &admin.get(&texts("?tab=canned")).await,
        &["Es gibt noch keinen Textbaustein", "href=\"/desk/d/autohaus-nordstern-demo/settings/texts/new\""],
    );
    let form = admin.get(&texts("/new")).await;
    shows(&form, &["<code>{{ seller }}</code>", "Die Schaltfläche „Vorschau“"]);
    let answer = |key: &'static str, more: &[(&'static str, &'static str)]| {
        let mut fields = vec![("key", key), ("kind", "canned"), ("name", "Später"), ("text", "{{ greeting }}\n\nbis später. {{ seller }}")];
        fields.extend(more);
        fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect::<Vec<_>>()
    };
    let email = [("medium", "email"), ("language", "de"), ("lead_type", "used_car")];
    let wrong = send(&mut admin, &texts("/new"), &answer("a", &email)).await;
    assert!(wrong.status == 422 && wrong.text.contains("id=\"form-subject-error\""), "{} {}", wrong.status, wrong.text);
    let sent = send(&mut admin, &texts("/new"), &answer("a", &[&email[..], &[("subject", "Ihr {{ vehicle }}")]].concat())).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*texts("?tab=canned&done=text_canned")), "{}", sent.text);
    let sms = [("medium", "sms"), ("language", "nl")];
    assert_eq!(send(&mut admin, &texts("/new"), &answer("b", &sms)).await.status, 303);
    let list = admin.get(&texts("?tab=canned")).await;
    shows(&list, &["Textbausteine (2)", "Gebrauchtwagen", "Niederländisch", "bis später. {{ seller }}"]);
    let all = stored(&desk.world).await;
    let address = texts(&format!("/own/{}", all[0]["id"].as_str().unwrap()));
    let form = admin.get(&address).await;
    shows(&form, &["Textbaustein löschen", "value=\"used_car\" selected"]);
    // Without a type it is for every type.
    let every: Vec<_> = answer("c", &[("medium", "email"), ("language", "de"), ("subject", "Ihr Auto"), ("version", "1")]);
    assert_eq!(send(&mut admin, &address, &every).await.status, 303);
    assert_eq!(stored(&desk.world).await[0]["lead_type"], Value::Null);
    let confirm = admin.get(&format!("{address}/removal")).await;
    shows(&confirm, &["Textbaustein löschen", "Später"]);
    let version = confirm.value("version").unwrap();
    assert_eq!(admin.send(&format!("{address}/removal"), &[("key", "d"), ("version", &version)]).await.status, 303);
    assert_eq!(stored(&desk.world).await.len(), 1);
}

/// DESK-2, ACC-1: head office reads the texts and their history without a form; sellers see neither.
#[tokio::test]
async fn msg_2_the_editor_is_offered_to_those_who_may_change_settings() {
    let desk = Desk::new().await;
    save(&desk.world, "late", &reminder("eins"), None).await;
    for (who, list, edit) in [(ADMIN, 200, 200), ("hugo.office", 200, 403), ("anna.vogt", 403, 403)] {
        let mut browser = desk.signed_in(who).await;
        let page = browser.get(&texts("?tab=de")).await;
        assert_eq!(page.status, list, "{who}");
        let reads = who != "anna.vogt";
        assert_eq!(page.text.contains("eins"), reads, "{who}");
        assert_eq!(page.text.contains("/own/late\""), edit == 200, "{who}");
        assert_eq!(browser.get(&texts("/history")).await.status, if reads { 200 } else { 403 }, "{who}");
        for address in [texts(NEW), texts("/own/late"), texts("/own/late/removal")] {
            let status = browser.get(&address).await.status;
            assert!(if edit == 200 { status == 200 } else { matches!(status, 403 | 404) }, "{who} {address} {status}");
            if edit != 200 {
                let sent = browser
                    .send(
                        &address,
                        &[
                            ("key", who),
                            ("version", "1"),
                            ("kind", "reminder"),
                            ("medium", "email"),
                            ("language", "de"),
                            ("name", "n"),
                            ("subject", "s"),
                            ("text", "t"),
                        ],
                    )
                    .await;
                assert!(matches!(sent.status, 403 | 404), "{who} {address} {}", sent.status);
            }
        }
    }
    assert_eq!(stored(&desk.world).await[0]["text"], "eins");
}

/// MSG-2, DESK-4: all new texts share a path, so the form of each has its subject: the script keeps a draft by path and subject. A draft
/// that is typed for one letter is not filled into another one.
#[tokio::test]
async fn msg_2_the_draft_of_one_text_is_not_that_of_another() {
    let desk = Desk::new().await;
    let mut admin = desk.signed_in(ADMIN).await;
    let mut subjects = std::collections::BTreeSet::new();
    let addresses = [
        "/new",
        "/new?kind=cancelled&medium=email&language=de",
        "/new?kind=confirmation&medium=email&language=en",
        "/new?kind=confirmation&medium=sms&language=en",
        "/new?kind=confirmation&medium=email&language=nl",
        "/new?kind=confirmation&medium=email&language=en&lead_type=new_car",
    ];
    for address in addresses {
        let form = admin.get(&texts(address)).await;
        shows(&form, &["data-preview"]);
        assert!(subjects.insert(form.value("draft")), "{address}: {subjects:?}");
    }
    // A form that comes back has the subject that it was opened with.
    let form = admin.get(&texts(addresses[1])).await;
    let subject = form.value("draft").unwrap().replace("&amp;", "&");
    let mut sent = fields(&form, "Termin ABGESAGT", "preview");
    sent.extend([("draft", subject.clone()), ("lead_type", "new_car".to_owned())]);
    let again = send(&mut admin, &texts("/new"), &sent).await;
    assert_eq!(again.value("draft").map(|draft| draft.replace("&amp;", "&")), Some(subject), "{}", again.text);
    // The script of the pages reads this input.
    let script = std::fs::read_to_string(root().join("functions/console/src/assets/drafts.js")).unwrap();
    assert!(script.contains("input[name=draft]"), "{script}");
}

/// DESK-4: a stop for one contact is no draft of a stop for another one. A form that its path identifies has no subject.
#[tokio::test]
async fn desk_4_a_form_names_its_subject_if_its_path_does_not() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let mut drafts = Vec::new();
    for form in ["stop?contact=1", "stop?contact=2", "stop"] {
        drafts.push(admin.get(&format!("/desk/leads/{lead}/{form}")).await.value("draft"));
    }
    assert_eq!(drafts, [Some("contact=1".to_owned()), Some("contact=2".to_owned()), None]);
}
