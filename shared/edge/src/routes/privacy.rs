//! Erasures of contacts, access files, legal holds, and retention.

use super::problems::{MEDIA_TYPE, NO_RIGHT, NO_TOKEN, PARAMETER, RETRY, UNREADABLE};
use super::query::{CURSOR, LIMIT_25};
use super::row::{delete, get, post, routes, routes_of};
use super::{Content, Operation, ProblemResponse, Query, Route, Row, Values};
use forecourt_domain::base::Right;

/// Only administrators of the group have both.
const ADMINISTRATOR: &[Right] = &[Right::ManageUsers, Right::ReadLeads];
const NO_ACCESS_FILE: ProblemResponse = (404, "The access file does not exist.");

routes![
    OrderErasure = post("/erasures", "export")
        .summary("Erases a contact in the whole group, or shows what would be erased (PRV-2).")
        .description(
            "The body names a lead and its contact; the directory names the contact's other leads. Leads in progress are closed and \
             appointments to come are cancelled; nobody is notified. The erasure cannot be undone: use `dry_run=true` first."
        )
        .rights(ADMINISTRATOR)
        .body(&[Content::Json("ErasureBody")])
        .query(&[Query::new("dry_run", Values::Flag, "`true` shows what would be erased, and changes nothing.")])
        .responses(&[
            (200, "With `dry_run=true`: what would be erased.", Content::Json("ErasurePreviewView")),
            (
                202,
                "The erasure has begun; `Location` names it. A repeat gets the same erasure, with `Idempotent-Replay: true`.",
                Content::Json("ErasureView")
            ),
        ])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            (404, "The lead does not exist."),
            (409, "The contact of this lead was erased already, or a legal hold stands (PRV-5)."),
            MEDIA_TYPE,
            (422, "Fields or query parameters break rules; `errors` names each."),
            RETRY,
        ]),
    ListErasures = get("/erasures", "export")
        .summary("Returns the group's erasures with their receipts, the latest first (PRV-2).")
        .rights(ADMINISTRATOR)
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of erasures.", Content::Json("ErasuresView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, PARAMETER, RETRY]),
    ReadErasure = get("/erasures/{erasure}", "export")
        .summary("Returns the progress and the receipt of an erasure (PRV-2).")
        .rights(ADMINISTRATOR)
        .responses(&[(200, "The erasure.", Content::Json("ErasureView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, (404, "The erasure does not exist."), RETRY]),
    OrderAccessFile = post("/access-files", "export")
        .summary("Orders a ZIP file with everything that the group has about a contact (PRV-4).")
        .description(
            "The body names a lead and its contact; the directory names the contact's other leads. The file has data of nobody else. The \
             order is recorded in the access log."
        )
        .rights(ADMINISTRATOR)
        .body(&[Content::Json("AccessFileBody")])
        .responses(&[(
            202,
            "The file is being written; `Location` names it. While it is, a further order for the contact returns the same file, with \
             `Idempotent-Replay: true`.",
            Content::Json("AccessFileView")
        )])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            (404, "The lead does not exist."),
            (409, "The contact of this lead was erased."),
            MEDIA_TYPE,
            (422, "Fields break rules; `errors` names each. Or the key was used before with another order."),
            RETRY,
        ]),
    ListAccessFiles = get("/access-files", "export")
        .summary("Returns the group's access files, the latest first (PRV-4).")
        .rights(ADMINISTRATOR)
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of access files.", Content::Json("AccessFilesView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, PARAMETER, RETRY]),
    ReadAccessFile = get("/access-files/{access_file}", "export")
        .summary("Returns the progress of an access file (PRV-4).")
        .rights(ADMINISTRATOR)
        .responses(&[(200, "The access file.", Content::Json("AccessFileView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, NO_ACCESS_FILE, RETRY]),
    DownloadAccessFile = get("/access-files/{access_file}/download", "export")
        .summary("Returns a link to an access file, valid for five minutes (PRV-4).")
        .description("The download is recorded in the access log before the link is returned.")
        .rights(ADMINISTRATOR)
        .responses(&[(200, "The link; the download is in the log.", Content::Json("AccessFileLinkView"))])
        .problems(&[
            NO_TOKEN,
            NO_RIGHT,
            NO_ACCESS_FILE,
            (409, "The file is still being written."),
            (410, "The file has expired or was deleted."),
            RETRY,
        ]),
    CancelAccessFile = delete("/access-files/{access_file}", "export")
        .summary("Cancels an access file that is being written, or deletes its file (PRV-4).")
        .rights(ADMINISTRATOR)
        .responses(&[(200, "The access file, which is cancelled.", Content::Json("AccessFileView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, NO_ACCESS_FILE, RETRY]),
    PlaceLegalHold = post("/legal-holds", "export")
        .summary("Places a legal hold on a lead, or on a contact with all leads: nobody erases them while it stands (PRV-5).")
        .rights(ADMINISTRATOR)
        .body(&[Content::Json("LegalHoldBody")])
        .responses(&[(
            201,
            "The hold stands; `Location` names it. A repeat gets the same hold, with `Idempotent-Replay: true`.",
            Content::Json("LegalHoldView")
        )])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            (404, "The lead does not exist."),
            (409, "The contact of this lead was erased already."),
            MEDIA_TYPE,
            (422, "Fields break rules; `errors` names each."),
            RETRY,
        ]),
    ListLegalHolds = get("/legal-holds", "export")
        .summary("Returns the group's legal holds, the latest first (PRV-5).")
        .rights(ADMINISTRATOR)
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of legal holds.", Content::Json("LegalHoldsView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, PARAMETER, RETRY]),
    ReadLegalHold = get("/legal-holds/{hold}", "export")
        .summary("Returns a legal hold (PRV-5).")
        .rights(ADMINISTRATOR)
        .responses(&[(200, "The hold.", Content::Json("LegalHoldView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, (404, "The legal hold does not exist."), RETRY]),
    LiftLegalHold = delete("/legal-holds/{hold}", "export")
        .summary("Lifts a legal hold. It stays in the list (PRV-5).")
        .rights(ADMINISTRATOR)
        .responses(&[(200, "The lifted hold.", Content::Json("LegalHoldView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, (404, "The legal hold does not exist."), RETRY]),
    ReadRetention = get("/dealers/{dealer}/retention", "export")
        .summary("Returns the retention of a dealer, its progress and the receipt of the latest run (PRV-5).")
        .rights(&[Right::ReadSettings])
        .responses(&[(200, "The retention.", Content::Json("RetentionView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, (404, "The dealer does not exist."), RETRY]),
];
