//! Mail by Amazon SES.

use crate::text::Mail;
use crate::{Carrier, Undelivered};
use async_trait::async_trait;
use aws_sdk_ses::error::{DisplayErrorContext, SdkError};
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;

/// SES, sending from one address of ours.
pub struct Ses {
    /// The client.
    pub client: aws_sdk_ses::Client,
    /// The address, of a domain that SES has verified.
    pub from: String,
}

#[async_trait]
impl Carrier for Ses {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        let mime = mail.mime(&self.from).map_err(|e| Undelivered::Never(e.to_string()))?;
        let message = RawMessage::builder().data(Blob::new(mime)).build().map_err(|e| Undelivered::Never(e.to_string()))?;
        match self.client.send_raw_email().source(&self.from).destinations(&mail.to).raw_message(message).send().await {
            Ok(sent) => Ok(sent.message_id),
            Err(e) => Err(undelivered(&e)),
        }
    }
}

type SendError = SdkError<aws_sdk_ses::operation::send_raw_email::SendRawEmailError>;

/// A message that SES rejects stays rejected; whatever else went wrong may go better later.
fn undelivered(error: &SendError) -> Undelivered {
    let why = DisplayErrorContext(error).to_string();
    let rejected = error.as_service_error().is_some_and(|e| e.is_message_rejected());
    if rejected { Undelivered::Never(why) } else { Undelivered::Later(why) }
}
