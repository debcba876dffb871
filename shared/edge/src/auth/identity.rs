//! Users and partners by a verified token (ACC-2).

use super::Denied;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{GroupId, PartnerId, UserId};
use forecourt_store::Store;

/// Reads the claims that API Gateway's JWT authorizer passes on, all of them text: `group`, and either `sub` (a user) or `partner`.
pub(crate) async fn scope(store: &Store, event: &ApiGatewayV2httpRequest) -> Result<Scope, Denied> {
    let authorizer = event.request_context.authorizer.as_ref();
    let claims = authorizer.and_then(|a| a.jwt.as_ref()).map(|jwt| &jwt.claims);
    let claim = |name: &str| claims.and_then(|claims| claims.get(name)).map(String::as_str);
    let nobody = || Denied::Token("send a token: Authorization: Bearer …");
    let group = claim("group").and_then(|group| GroupId::parse(group).ok()).ok_or_else(nobody)?;
    if let Some(partner) = claim("partner") {
        let id = PartnerId::parse(partner).map_err(|_| nobody())?;
        let partner = store.partner(&group, &id).await?.ok_or(Denied::Token("the partner in the token is unknown"))?;
        return Ok(Scope::partner(group, partner.as_ref().clone()));
    }
    let id = claim("sub").and_then(|sub| UserId::parse(sub).ok()).ok_or_else(nobody)?;
    let user = store.user(&group, &id).await?.filter(|user| user.is_here());
    let user = user.ok_or(Denied::Token("the user in the token is unknown"))?;
    Ok(Scope::user(group, user.as_ref().clone()))
}
