//! The number of waiting mails on the board (INT-7).

use super::{MAILS, arrive, newsletter};
use crate::support::world::{ADMIN, World};
use serde_json::{Value, json};

const BOARD: &str = "/dealers/autohaus-nordstern-demo/board?limit=1";

/// INT-7: the board counts the waiting mails for users who may read the inbox, if they ask for it, up to fifty.
#[tokio::test]
async fn int_7_the_board_has_the_number_of_waiting_mails_for_readers_of_the_inbox() {
    let world = World::new().await;
    let waiting = async |who: &str, rest: &str| world.get(who, &format!("{BOARD}{rest}")).await.body["waiting_mails"].clone();
    assert_eq!(waiting(ADMIN, "&mails=true").await, json!(0));
    for i in 0..3 {
        arrive(&world, &format!("m{i}"), newsletter()).await;
    }
    for (who, rest, expected) in [
        (ADMIN, "&mails=true", json!(3)),
        ("helga.stern", "&mails=true", json!(3)),
        ("anna.vogt", "&mails=true", Value::Null),
        (ADMIN, "&mails=false", Value::Null),
        (ADMIN, "", Value::Null),
    ] {
        assert_eq!(waiting(who, rest).await, expected, "{who} {rest}");
    }
    assert_eq!(world.get(ADMIN, &format!("{BOARD}&mails=many")).await.faults(), ["mails LEAD-8"]);
    assert_eq!(world.post(ADMIN, &format!("{MAILS}/completion"), &json!({"mails": ["m0", "m1"]})).await.status, 207);
    assert_eq!(waiting(ADMIN, "&mails=true").await, json!(1));
    for i in 3..60 {
        arrive(&world, &format!("m{i}"), newsletter()).await;
    }
    assert_eq!(waiting(ADMIN, "&mails=true").await, json!(50));
}
