//! The body of the configuration, as the API accepts it: see `settings`.

#![expect(dead_code, reason = "the types are only described")]

use utoipa::ToSchema;

/// The switches and addresses of the configuration (SET-4, SET-5, DIS-10).
#[derive(ToSchema)]
pub(super) struct ConfigurationBody {
    /// The From name of mail; `null`: the dealer's name.
    #[schema(max_length = 100)]
    from_name: Option<String>,
    /// New leads of known contacts go through the rotation.
    existing_contacts_to_rotation: Option<bool>,
    /// Receives a copy of trade-in enquiries.
    #[schema(max_length = 254)]
    trade_in_cc_email: Option<String>,
    /// Receives leads if no user in the rotation is eligible.
    fallback_user: Option<String>,
    /// Receives leads if there is no fallback user.
    admin_user: Option<String>,
    /// Receives mail from which no lead can be made.
    #[schema(max_length = 254)]
    unparsed_mail_to: Option<String>,
    /// The SMTP server that sends the dealer's mail: `smtps://HOST:PORT` (TLS) or `smtp://HOST:PORT` (STARTTLS); `null`: SES. It must
    /// answer. For the operator.
    #[schema(max_length = 253, example = "smtps://smtp.autohaus-nordstern.example:465")]
    mail_server: Option<String>,
    /// The name of the secret with the credentials for it. Only the operator sets and sees it.
    #[schema(max_length = 64, pattern = "^[a-z0-9-]+$", example = "nordstern")]
    mail_server_secret: Option<String>,
    /// The number in E.164 that sends the dealer's text messages and receives those of customers. For the operator.
    #[schema(max_length = 16)]
    text_number: Option<String>,
    /// Whether mail is sent to customers.
    send_external_mail: Option<bool>,
    /// Users cannot answer mail here. For the operator.
    lead_tracking_only: Option<bool>,
    /// The administrators of the dealer may export its records. For group admins and the operator.
    own_exports: Option<bool>,
    /// Steps of resubmissions wait for the next opening.
    resubmission_respects_hours: Option<bool>,
    /// The reminder of a lead is also sent as a text message to the mobile number of its reader (ESC-14).
    reminder_by_text: Option<bool>,
    /// An enquiry for a vehicle at another site goes to that site.
    rules_of_vehicle_location: Option<bool>,
    /// The dealers at which vehicles of this dealer can be.
    vehicle_sites: Option<Vec<VehicleSiteBody>>,
    /// The dealers whose enquiries for a vehicle here become leads of this dealer.
    accepts_enquiries_from: Option<Vec<String>>,
    /// Working minutes after which an unanswered lead goes to the next user; 0: never.
    #[schema(maximum = 86_400)]
    reassign_after: Option<u32>,
    /// A lead marked spam or duplicate gives its owner the turn back.
    spam_gives_turn_back: Option<bool>,
    /// The rotation also gives leads to users outside their own weekly hours, and notices go to them.
    leads_outside_own_hours: Option<bool>,
    /// The working days of an absence from which a hand-over of the open leads is offered.
    #[schema(minimum = 1, maximum = 60)]
    long_absence_days: Option<u32>,
    /// The months after which a closed lead is erased; `null`: closed leads are kept (PRV-5).
    #[schema(minimum = 1, maximum = 240)]
    retention_months: Option<u32>,
}

/// A site of the dealer's vehicles (INT-10).
#[derive(ToSchema)]
pub(super) struct VehicleSiteBody {
    /// The dealer of the site.
    dealer: String,
    /// Further names of the site in enquiries.
    aliases: Option<Vec<String>>,
}
