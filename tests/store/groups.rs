//! Groups share the system: the load of one does not delay another, and a large group is whole (ACC-3).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, dealer, enquiry};
use chrono::TimeDelta;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, ExportId, GroupId, LeadId, Partner, Subject, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::User;
use forecourt_domain::settings::{DealerSettings, Settings};
use forecourt_local::demo;
use forecourt_store::keys::{DueKind, Key, WakeUp, WakeUpTarget};
use forecourt_store::{Load, Loaded};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The messages of the busy group on each queue.
const WAITING: u64 = 3_000;
/// The dealers of the large group.
const DEALERS: usize = 1_200;
const RIVAL_ADMIN: &str = "rival.seller";

fn rival() -> GroupId {
    GroupId::parse("rival-group").unwrap()
}

/// Creates a user of the rival group.
async fn rival_user(world: &World, id: &str, role: &str, dealers: &[DealerId]) {
    let body = json!({"name": id, "email": format!("{id}@rival.example"), "language": "en", "role": role, "dealers": dealers});
    let made = world.call(Request::put(RIVAL_ADMIN, &format!("/users/{id}")).json(&body)).await;
    assert_eq!(made.status, 201, "{}", made.body);
}

/// Puts thousands of messages of the demo group on each queue between the functions. Their leads and exports do not exist, so that each
/// costs its function a read.
fn flood(world: &World) {
    let (group, site, now) = (GroupId::parse("demo-group").unwrap(), dealer(NORDSTERN), world.system.clock.now());
    for number in 0..WAITING {
        let lead: LeadId = format!("{:010}", 1_000_000_000 + number).parse().unwrap();
        for (kind, target) in [
            (DueKind::Assign, WakeUpTarget::Lead { lead }),
            (DueKind::Escalate, WakeUpTarget::Lead { lead }),
            (DueKind::Send, WakeUpTarget::Message { lead, message: "assigned-1".into() }),
            (DueKind::Notify, WakeUpTarget::Outgoing { about: Subject::Lead(lead), sequence: 1 }),
            (DueKind::Export, WakeUpTarget::Export { export: ExportId::parse(&format!("e{number}")).unwrap() }),
        ] {
            world.system.agenda.add(now, WakeUp { kind, group: group.clone(), dealer: site.clone(), target });
        }
    }
}

/// ACC-3: while thousands of messages of one group wait on every queue, the notice, the webhook and the export of another group are done
/// within eight rounds. In a round each process of a function takes one batch; in the order of arrival the other group would wait for 75
/// rounds, its export for 3,000.
#[tokio::test]
async fn acc_3_thousands_of_waiting_messages_of_one_group_do_not_delay_another() {
    let world = World::new().await;
    rival_user(&world, "rival.office", "head_office", &[dealer("rival-dealer")]).await;
    let webhook = json!({"url": "https://rival.example/hooks", "events": ["lead.created"]});
    assert_eq!(world.post(RIVAL_ADMIN, "/webhooks", &webhook).await.status, 201);
    world.system.settle().await;
    let begun = world.system.clock.now();
    flood(&world);
    let lead = world.post(RIVAL_ADMIN, "/dealers/rival-dealer/leads", &enquiry("jana")).await;
    assert_eq!(lead.status, 201, "{}", lead.body);
    let export = world.post("rival.office", "/exports", &json!({"what": "leads"})).await;
    assert_eq!(export.status, 202, "{}", export.body);
    let path = format!("/exports/{}", export.text("/id"));
    let number = lead.text("/number");
    let done = async || {
        let mailed = world.system.mailbox.mails().iter().any(|mail| mail.to.starts_with("rival@") && mail.subject.contains(number));
        mailed && world.system.mailbox.calls().len() == 1 && world.get("rival.office", &path).await.text("/state") == "done"
    };
    let mut rounds = 0;
    while !done().await {
        rounds += 1;
        assert!(rounds <= 8, "the mails: {:?}", world.mails());
        world.system.step().await;
        world.system.clock.freeze_at(world.system.clock.now() + TimeDelta::seconds(1));
    }
    assert_eq!(world.system.agenda.next(), Some(begun), "messages of the busy group still wait");
}

/// ACC-3, INT-1: the same holds for the partners' queue, although partners name no message group. A message of another group is not handled
/// after the four hundred that came before it.
#[tokio::test]
async fn acc_3_a_flood_of_one_partner_does_not_delay_the_partner_of_another_group() {
    let world = World::new().await;
    let partner: Partner = serde_json::from_value(json!({"id": "rival-portal", "dealers": ["rival-dealer"]})).unwrap();
    world.store.add_partner(&rival(), &partner, "AIDARIVAL").await.unwrap();
    for number in 0..400 {
        world.enqueue(&format!("a{number:03}"), "AIDADEMOPORTAL", Some(NORDSTERN), &enquiry(&format!("n{number}")).to_string());
    }
    world.enqueue("b", "AIDARIVAL", Some("rival-dealer"), &enquiry("jana").to_string());
    let mut rounds = 0;
    while world.list(RIVAL_ADMIN, "rival-dealer").await.is_empty() {
        rounds += 1;
        assert!(rounds <= 10);
        world.system.step().await;
    }
    let stored = world.list(ADMIN, NORDSTERN).await.len();
    assert!((1..=250).contains(&stored), "{stored} of the busy group came first");
    // Nothing is lost and nothing is stored twice.
    world.system.settle().await;
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 400);
    assert_eq!(world.list(RIVAL_ADMIN, "rival-dealer").await.len(), 1);
    assert_eq!((world.system.queue.waiting().unwrap(), world.system.queue.dead().unwrap()), (vec![], vec![]));
}

/// Adds dealers to the rival group until it has [`DEALERS`], and returns their ids.
async fn large_group(world: &World) -> Vec<DealerId> {
    let scope = Scope::keys_only(rival());
    let loaded = world.store.load(&scope, &Load::of([Key::Dealer(dealer("rival-dealer"))])).await.unwrap();
    let settings: DealerSettings = (*loaded.dealer(&dealer("rival-dealer")).unwrap().settings).clone();
    let settings: Settings = settings.check().unwrap();
    let added: Vec<DealerId> = (2..DEALERS).map(|number| dealer(&format!("rival-{number:04}"))).collect();
    let now = world.system.clock.now();
    let saves = added.iter().map(|id| demo::save(&world.store, &scope, id, &settings, now));
    stream::iter(saves).buffer_unordered(16).try_collect::<Vec<()>>().await.unwrap();
    [vec![dealer("rival-dealer"), dealer(NORDSTERN)], added].concat()
}

/// ACC-3, OVR-4, EXP-1, SET-7: overviews, exports, users and settings contain every dealer of a group of 1,200.
#[tokio::test]
async fn acc_3_a_group_of_1200_dealers_is_whole() {
    let world = World::new().await;
    let dealers = large_group(&world).await;
    let stored = world.store.dealers(&Scope::keys_only(rival())).await.unwrap();
    assert_eq!((stored.len(), stored.is_sorted()), (DEALERS, true));
    rival_user(&world, "rival.office", "head_office", &dealers[..1]).await;
    rival_user(&world, "rival.everywhere", "dealer_admin", &dealers).await;

    // A lead at the first, at a middle and at the last dealer.
    for id in [&dealers[0], &dealers[700], &dealers[DEALERS - 1]] {
        let lead = world.post("rival.everywhere", &format!("/dealers/{id}/leads"), &enquiry(id.as_str())).await;
        assert_eq!(lead.status, 201, "{}", lead.body);
        assert_eq!(world.list("rival.everywhere", id.as_str()).await.len(), 1, "{id}");
    }
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(1)).await;
    for who in ["rival.office", "rival.everywhere"] {
        let before = world.store.spent();
        let leads = world.get(who, "/overview/leads").await;
        // The user, the dealers' names, their settings by the hundred, and a month of each; two dealers are eleven months old.
        let calls = world.store.spent().since(before).calls;
        assert!(calls <= 1 + 1 + 12 + 1_198 + 2 * 11, "{who}: {calls} calls");
        assert_eq!((leads.status, &leads.body["leads"]["received"]), (200, &json!(3)), "{who}: {}", leads.body);
        assert_eq!(world.get(who, "/overview/appointments?limit=0").await.status, 200, "{who}");
    }

    let export = world.post("rival.office", "/exports", &json!({"what": "leads"})).await;
    assert_eq!(export.status, 202, "{}", export.body);
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(1)).await;
    let export = world.get("rival.office", &format!("/exports/{}", export.text("/id"))).await;
    assert_eq!((export.text("/state"), &export.body["rows"]), ("done", &json!(3)), "{}", export.body);

    // A user of all dealers is shown with all of them, alone and in the list.
    let count = |user: &Value| (user["dealers"].as_array().unwrap().len(), user["at"].as_object().unwrap().len());
    let user = world.get(RIVAL_ADMIN, "/users/rival.everywhere").await;
    assert_eq!(count(&user.body), (DEALERS, 0), "they are a member nowhere");
    let users = world.get(RIVAL_ADMIN, "/users").await;
    let listed = users.body["users"].as_array().unwrap().iter().find(|user| user["id"] == "rival.everywhere");
    assert_eq!(listed.map(count), Some((DEALERS, 0)));

    // A dealer may accept enquiries from all others.
    let loaded = world.store.load(&Scope::keys_only(rival()), &Load::of([Key::Dealer(dealers[5].clone())])).await.unwrap();
    let mut settings: DealerSettings = (*loaded.dealer(&dealers[5]).unwrap().settings).clone();
    settings.accepts_enquiries_from = dealers.iter().filter(|id| **id != dealers[5]).cloned().collect();
    assert!(settings.check().is_ok());
}

/// SET-7, ACC-3: a page of users ends before it is too large for the answer of a function, and the pages have each user once.
#[tokio::test]
async fn set_7_a_page_of_users_of_thousands_of_dealers_fits_into_an_answer() {
    let world = World::new().await;
    let (scope, id) = (Scope::keys_only(rival()), |text: &str| UserId::parse(text).unwrap());
    let loaded = world.store.load(&scope, &Load::of([Key::User(id(RIVAL_ADMIN))])).await.unwrap();
    let admin = loaded.user(&id(RIVAL_ADMIN)).unwrap();
    let dealers: BTreeSet<DealerId> = (0..4_000).map(|number| dealer(&format!("rival-{number:044}"))).collect();
    for number in 0..8 {
        let user = User { id: id(&format!("rival.{number}")), dealers: dealers.clone(), ..admin.clone() };
        let rule = |_: &Loaded, _| Ok((Some(Decision::default().with(Item::User(Box::new(user.clone())))), ()));
        world.store.decide(&scope, Load::of([Key::User(user.id.clone())]), rule).await.unwrap();
    }
    let (mut pages, mut found, mut path) = (0, Vec::new(), "/users".to_owned());
    loop {
        let page = world.get(RIVAL_ADMIN, &path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let bytes = page.body.to_string().len();
        assert!(bytes < 1_500_000, "{bytes} bytes");
        found.extend(page.body["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(last) = page.body["after"].as_str() else { break };
        path = format!("/users?after={last}");
    }
    // A user with 4,000 dealers has 212 kB.
    assert_eq!((pages, found.iter().filter(|id| id.len() == "rival.0".len()).count()), (2, 8), "{found:?}");
    assert!(found.is_sorted_by(|one, next| one < next), "{found:?}");
}
