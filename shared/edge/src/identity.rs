//! From a verified token to a scope (ACC-2).

use crate::problem::Problem;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use forecourt_domain::access::Scope;
use forecourt_domain::ids::{GroupId, PartnerId, UserId};
use forecourt_store::Store;

/// Who asks: claims as API Gateway's JWT authorizer hands them on, all of them text. `group` and either `sub` (a user) or `partner`.
pub(crate) async fn scope(store: &Store, event: &ApiGatewayV2httpRequest) -> Result<Scope, Problem> {
    let authorizer = event.request_context.authorizer.as_ref();
    let claims = authorizer.and_then(|a| a.jwt.as_ref()).map(|jwt| &jwt.claims);
    let claim = |name: &str| claims.and_then(|claims| claims.get(name)).map(String::as_str);
    let nobody = || Problem::unauthenticated("send a token: Authorization: Bearer …");
    let group = claim("group").and_then(|group| GroupId::parse(group).ok()).ok_or_else(nobody)?;
    if let Some(partner) = claim("partner") {
        let id = PartnerId::parse(partner).map_err(|_| nobody())?;
        let partner = store.partner(&group, &id).await?.ok_or_else(|| Problem::unauthenticated("the token's partner is not known"))?;
        return Ok(Scope::partner(group, partner.as_ref().clone()));
    }
    let id = claim("sub").and_then(|sub| UserId::parse(sub).ok()).ok_or_else(nobody)?;
    let user = store.user(&group, &id).await?.filter(|user| user.is_here());
    let user = user.ok_or_else(|| Problem::unauthenticated("the token's user is not known"))?;
    Ok(Scope::user(group, user.as_ref().clone()))
}
