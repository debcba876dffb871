//! The console of the deployed stack.

use crate::api::Api;
use crate::sign_in::SignIn;
use crate::{Client, Console, Parts};
use forecourt_edge::Platform;
use forecourt_edge::environment::{ConsoleLinks, Missing, optional_setting, setting};
use std::sync::Arc;

impl Console {
    /// Returns the console of a function's environment: `API_URL`, `CONSOLE_URL` (or `PUBLIC_URL`), `ISSUER`, `SIGN_IN_CLIENT`, and, if
    /// they are set,
    /// `SIGN_IN_SCOPES` with spaces between, `SIGN_IN_AUDIENCE`, `SIGN_OUT_URL` and `UPLOAD_ORIGIN`.
    ///
    /// # Errors
    /// A setting that is absent.
    pub fn deployed(platform: Platform) -> Result<Self, Missing> {
        let http = Arc::new(Client::default());
        let scopes = optional_setting("SIGN_IN_SCOPES").unwrap_or_default();
        let scopes: Vec<&str> = scopes.split(' ').collect();
        let mut sign_in = SignIn::new(&setting("ISSUER")?, &setting("SIGN_IN_CLIENT")?, &scopes);
        sign_in.audience = optional_setting("SIGN_IN_AUDIENCE");
        sign_in.sign_out = optional_setting("SIGN_OUT_URL");
        Ok(Self::new(Parts {
            api: Api::new(http.clone(), &setting("API_URL")?),
            http,
            url: ConsoleLinks::from_environment()?.url().to_owned(),
            store: platform.store,
            sign_in,
            clock: platform.clock,
            wall: platform.wall,
            upload_origin: optional_setting("UPLOAD_ORIGIN").unwrap_or_default(),
        }))
    }
}
