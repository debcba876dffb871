//! A dealer's own texts of letters.

use super::problems::{SETTINGS_READ, TEXT_CHANGE, TEXT_PREVIEW, TEXT_TEST, TEXTS};
use super::query::BEFORE;
use super::row::{delete, get, post, put, routes, routes_of};
use super::{Content, Operation, Response, Route, Row};
use forecourt_domain::base::Right;

const TEXT: &[Response] = &[(200, "The text; its version is the ETag.", Content::Json("TextView"))];
const ALL: &[Response] = &[(200, "The texts.", Content::Json("TextsView"))];

routes![
    ListTexts = get("/dealers/{dealer}/texts", "settings")
        .summary("Returns a dealer's own texts, and the kinds of texts with their variables and Forecourt's own texts (MSG-2).")
        .description("Without the right, users who may read leads get the canned answers.")
        .rights(&[Right::ReadSettings])
        .responses(ALL)
        .problems(TEXTS),
    ReadText = get("/dealers/{dealer}/texts/{text}", "settings")
        .summary("Returns a text of a dealer (MSG-2).")
        .description("Without the right, users who may read leads get a canned answer.")
        .rights(&[Right::ReadSettings])
        .responses(TEXT)
        .problems(TEXTS),
    SaveText = put("/dealers/{dealer}/texts/{text}", "settings")
        .summary("Creates or changes a text of a dealer under an id that you choose (MSG-2).")
        .description(
            "A text has variables such as `{{ customer }}`; anything else in braces is refused with its place. Letters use the dealer's \
             text for the language and the type of the lead, else the one for the language, else Forecourt's own."
        )
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("TextBody")])
        .responses(&[
            (200, "The changed text; its version is the ETag.", Content::Json("TextView")),
            (201, "The created text; its version is the ETag.", Content::Json("TextView")),
        ])
        .if_match_to_change()
        .problems(TEXT_CHANGE),
    RemoveText = delete("/dealers/{dealer}/texts/{text}", "settings")
        .summary("Removes a text of a dealer and returns the others (MSG-2).")
        .rights(&[Right::ChangeSettings])
        .responses(ALL)
        .if_match()
        .problems(TEXT_CHANGE),
    TextHistory = get("/dealers/{dealer}/text-history", "settings")
        .summary("Returns the changes of a dealer's texts with author, time, the text before and after each, newest first (MSG-2).")
        .rights(&[Right::ReadSettings])
        .query(&[BEFORE])
        .responses(&[(200, "A page of changes.", Content::Json("TextHistoryView"))])
        .problems(SETTINGS_READ),
    PreviewText = post("/dealers/{dealer}/texts/preview", "settings")
        .summary("Returns a draft of a text as the customer would get it (MSG-2).")
        .description("The values are those of a lead or an appointment that you may read, or samples. Nothing is stored or sent.")
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("TextPreviewBody")])
        .responses(&[(200, "The written text.", Content::Json("TextPreviewView"))])
        .problems(TEXT_PREVIEW),
    TestText = post("/dealers/{dealer}/texts/test", "settings")
        .summary("Sends a draft of a text to your own e-mail address (MSG-2).")
        .description("A text message is shown in the mail. At most 50 tests a day.")
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("TextPreviewBody")])
        .responses(&[(202, "The text that is being sent, and the address.", Content::Json("TextPreviewView"))])
        .problems(TEXT_TEST),
];
