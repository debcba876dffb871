//! Text messages of which no lead can be made. They wait in the inbox as mails do (INT-7), so that nothing is lost.

use super::ReceivedText;
use crate::mail_in::FOLDER;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forecourt_domain::base::MailId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::{Arrived, IncomingMail, MailOutcome, MailVerdicts};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, short};

/// The reason in the inbox.
pub(crate) const REASON: &str = "text_message";
/// The longest line of an encoded text.
const LINE: usize = 76;

impl ReceivedText<'_> {
    /// Stores the message in the inbox of the dealer, once. Its raw form is a mail, which expires as other raw input does. It is reported
    /// as other entries of the inbox are, and not forwarded: only mail to the lead address is.
    pub(super) async fn put_in_inbox(&self, detail: &str) -> Result<(), Failure> {
        let Self { platform, scope, dealer, notice, .. } = *self;
        let object = format!("{FOLDER}text-{}", short(&platform.store.secret().name(scope, &["text-object", &self.key])));
        let id = MailId::of_object(&object);
        let raw = self.as_mail();
        let arrived = Arrived {
            id: id.clone(),
            dealer: dealer.id.clone(),
            received: self.at,
            from: Some(notice.from.clone()),
            reply_to: None,
            subject: Some("Text message".to_owned()),
            bytes: u64::try_from(raw.len()).unwrap_or(u64::MAX),
            object: object.clone(),
            verdicts: MailVerdicts::default(),
            marked: false,
        };
        // A repeat overwrites the file with the same content.
        platform.files.put(&object, raw.into_bytes()).await?;
        let outcome = MailOutcome::NoLead { reason: REASON.to_owned(), detail: detail.to_owned() };
        let record = IncomingMail { forward: None, ..IncomingMail::of(&arrived, outcome, &dealer.settings, self.now) };
        let key = Key::IncomingMail(id, dealer.id.clone());
        let rule = |loaded: &Loaded, _| {
            let is_new = !loaded.holds(&key) && !loaded.holds(&self.receipt_key());
            Ok((is_new.then(|| Decision::default().with(Item::IncomingMail(Box::new(record.clone())))), ()))
        };
        platform.store.decide(scope, Load::of([key.clone(), self.receipt_key()]), rule).await
    }

    /// Returns the message as a mail without a sender, whose text names the number: the inbox suggests it as the customer's.
    fn as_mail(&self) -> String {
        let sender = if self.number().is_some() { "Phone" } else { "Sender" };
        let text = STANDARD.encode(format!("{sender}: {}\n\n{}\n", self.notice.from, self.notice.text));
        let lines: Vec<&str> = text.as_bytes().chunks(LINE).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!(
            "Subject: Text message\r\nDate: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            self.at.to_rfc2822(),
            lines.join("\r\n")
        )
    }
}
