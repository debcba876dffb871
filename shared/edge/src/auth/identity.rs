//! Users and partners by a verified token (ACC-2).

use super::Denied;
use crate::Platform;
use crate::environment::Named;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{GroupId, PartnerId};

/// Reads the claims that API Gateway's JWT authorizer passes on, all of them text, and loads the user or the partner whom they name.
pub(crate) async fn scope(platform: &Platform, event: &ApiGatewayV2httpRequest) -> Result<Scope, Denied> {
    let names = &platform.token_claims;
    let jwt = event.request_context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
    let jwt = jwt.ok_or_else(|| Denied::Token("send a token: Authorization: Bearer …".into()))?;
    let (group, named) = names.read(&jwt.claims).map_err(|fault| Denied::Token(fault.to_string()))?;
    let group = GroupId::parse(group).map_err(|e| Denied::Token(format!("the claim `{}` of the token {e}", names.group)))?;
    match named {
        Named::Partner(partner) => {
            let id = PartnerId::parse(partner).map_err(|e| Denied::Token(format!("the claim `{}` of the token {e}", names.partner)))?;
            let unknown = || Denied::Token(format!("the claim `{}` of the token names no partner of the group", names.partner));
            let partner = platform.store.partner(&group, &id).await?.ok_or_else(unknown)?;
            Ok(Scope::partner(group, partner.as_ref().clone()))
        }
        Named::User(user) => {
            let unknown = || Denied::Token(format!("the claim `{}` of the token names no user of the group, by subject or id", names.user));
            let user = platform.store.user_of_token(&group, user).await?.ok_or_else(unknown)?;
            if !user.is_here() {
                return Err(Denied::Token("the user in the token has left the group".into()));
            }
            Ok(Scope::user(group, user.as_ref().clone()))
        }
    }
}
