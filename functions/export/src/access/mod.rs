//! Writes everything that the group has about a contact into a ZIP file (PRV-4).
//!
//! `request` answers HTTP requests, `job` writes slice by slice, `lead`, `lists` and `summary` write the parts, `items` and `timeline`
//! define how they look, `names` what they are called.

mod items;
mod job;
mod lead;
mod lists;
mod names;
mod request;
mod shared_mails;
mod summary;
mod timeline;
mod view;

pub use request::AccessFileBody;
pub(crate) use request::{cancel, download, list, order, read};
pub use view::{AccessFileLinkView, AccessFileView, AccessFilesView};

use forecourt_domain::access::Scope;

/// Returns the name of an access file in the bucket. The names of what slices carry begin with it.
pub(crate) fn file_name(scope: &Scope, id: &str) -> String {
    format!("access/{}/{id}.zip", scope.group())
}
