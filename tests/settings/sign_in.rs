//! Sign-in with tokens of the usual identity providers (ACC-2, SET-7). The claims are those of their real access tokens.

use super::users::ida;
use crate::support::dealers::of_dealer;
use crate::support::world::{NORDSTERN, Reply, Request, World, enquiry, reply_of};
use axum::body::Bytes;
use forecourt_edge::Platform;
use forecourt_edge::environment::TokenClaims;
use forecourt_local::gateway::{self, Incoming, Matched};
use forecourt_local::tokens::Tokens;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::{Value, json};
use std::sync::Arc;

/// A stack whose parameters fit an identity provider.
struct Stack {
    world: World,
    platform: Platform,
    tokens: Tokens,
}

/// The names of the claims of user, group and partner.
fn named(user: &str, group: &str, partner: &str) -> TokenClaims {
    TokenClaims { user: user.into(), group: group.into(), partner: partner.into() }
}

impl Stack {
    /// A stack in which Ida Falk has the given subject.
    async fn with(scope: &str, claims: TokenClaims, subject: &str) -> Self {
        let world = World::new().await;
        let mut user = ida();
        user["subject"] = json!(subject);
        let created = world.call(Request::put("gina.group", "/users/ida.falk").json(&user)).await;
        assert_eq!((created.status, created.text("/subject")), (201, subject), "{}", created.body);
        let platform = Platform { token_claims: Arc::new(claims), ..world.system.platform.clone() };
        Self { world, platform, tokens: Tokens::new(b"a secret of the tests").with_scope(scope.into()) }
    }

    /// Sends a request with a token of these claims.
    async fn call(&self, method: Method, path: &str, claims: &Value, body: &Value) -> Reply {
        let (token, _) = self.tokens.sign(claims.as_object().unwrap().clone()).unwrap();
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        let headers = HeaderMap::from_iter([
            (http::header::AUTHORIZATION, bearer),
            (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ]);
        let uri: Uri = path.parse().unwrap();
        let Matched::Route(route, parts) = gateway::route(&method, uri.path()) else { panic!("no route for {method} {path}") };
        let body = Bytes::from(body.to_string());
        match gateway::event(&self.tokens, route, parts, Incoming { uri: &uri, headers, body: &body }) {
            Ok(event) if route.function == "lead-intake" => reply_of(forecourt_lead_intake::request(&self.platform, event).await),
            Ok(event) => reply_of(forecourt_lead::handle(&self.platform, event).await),
            Err(problem) => Reply { status: problem.status, headers: HeaderMap::new(), body: json!(problem) },
        }
    }

    /// Returns the status of Ida's list of leads.
    async fn as_user(&self, claims: &Value) -> u16 {
        self.call(Method::GET, &of_dealer("leads"), claims, &Value::Null).await.status
    }

    /// Returns the status of an enquiry of the demo portal.
    async fn as_partner(&self, claims: &Value) -> u16 {
        let enquiry = enquiry(&format!("jana-{}", fastrand::u32(..)));
        self.call(Method::POST, &of_dealer("leads"), claims, &enquiry).await.status
    }
}

/// Returns `claims` with some replaced; null removes one.
fn changed(claims: &Value, changes: &Value) -> Value {
    let mut all = claims.as_object().unwrap().clone();
    all.extend(changes.as_object().unwrap().clone());
    all.retain(|_, value| !value.is_null());
    Value::Object(all)
}

/// ACC-2: Cognito names scopes `resource-server/scope`, the group in `cognito:groups`, and the client in `client_id`, in each token.
#[tokio::test]
async fn acc_2_tokens_of_cognito_name_users_and_partners() {
    let subject = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    let stack = Stack::with("https://desk.example/forecourt", named("sub", "cognito:groups", "partner"), subject).await;
    let user = json!({"sub": subject, "cognito:groups": ["demo-group"], "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example",
        "version": 2, "client_id": "1example23456789", "origin_jti": "b", "token_use": "access",
        "scope": "openid https://desk.example/forecourt", "auth_time": 1_676_312_777, "jti": "c", "username": "ida"});
    assert_eq!(stack.as_user(&user).await, 200);
    assert_eq!(stack.as_user(&changed(&user, &json!({"scope": "openid"}))).await, 403, "another scope");
    assert_eq!(stack.as_user(&changed(&user, &json!({"cognito:groups": ["demo-group", "admins"]}))).await, 401, "two groups");
    let partner = json!({"sub": "portalclient1", "client_id": "portalclient1", "token_use": "access", "version": 2, "cognito:groups": ["demo-group"],
        "scope": "https://desk.example/forecourt", "partner": "portal-demo"});
    assert_eq!(stack.as_partner(&partner).await, 201);
    // Somebody who signed up and set the attribute behind the claim.
    assert_eq!(stack.as_partner(&changed(&user, &json!({"partner": "portal-demo"}))).await, 401);
    assert_eq!(stack.as_partner(&changed(&user, &json!({"sub": "unknown", "partner": "portal-demo"}))).await, 401);
}

/// ACC-2: Entra has the scope in `scp` of a person's token only, the person in `oid` (`sub` differs between applications), the client in
/// `azp`, and the tenant in `tid`. An application's own token has no scope, and its `sub` is its `oid`.
#[tokio::test]
async fn acc_2_tokens_of_entra_name_users_and_partners() {
    let oid = "00aa00aa-bb11-cc22-dd33-44ee44ee44ee";
    let stack = Stack::with("", named("oid", "group", "partner"), oid).await;
    let user = json!({"aud": "00001111-aaaa-2222-bbbb-3333cccc4444", "iss": "https://login.microsoftonline.com/common/v2.0", "azp": "the-desk",
        "azpacr": "0", "name": "Ida Falk", "oid": oid, "preferred_username": "ida@example.com", "scp": "openid forecourt", "group": "demo-group",
        "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": "aaaabbbb-0000-cccc-1111-dddd2222eeee", "ver": "2.0"});
    assert_eq!(stack.as_user(&user).await, 200);
    let app = "11bb11bb-cc22-dd33-ee44-55ff55ff55ff";
    let partner = json!({"aud": "00001111-aaaa-2222-bbbb-3333cccc4444", "azp": "portal-demo", "azpacr": "1", "oid": app, "sub": app, "ver": "2.0",
        "roles": ["forecourt"], "tid": "aaaabbbb-0000-cccc-1111-dddd2222eeee", "group": "demo-group", "partner": "portal-demo"});
    assert_eq!(stack.as_partner(&partner).await, 201);
    assert_eq!(stack.as_partner(&changed(&user, &json!({"partner": "portal-demo"}))).await, 401);

    // With the client as the partner's claim, the application that a person uses is no partner.
    let names = Arc::new(named("oid", "group", "azp"));
    let stack = Stack { platform: Platform { token_claims: names, ..stack.platform.clone() }, ..stack };
    assert_eq!(stack.as_user(&user).await, 200);
    assert_eq!(stack.as_partner(&changed(&partner, &json!({"partner": null}))).await, 201);
    assert_eq!(stack.as_partner(&changed(&user, &json!({"azp": "portal-demo", "oid": "unknown"}))).await, 401);
    // In a person's token of Azure AD B2C, the subject is the object id.
    let of_b2c = changed(&user, &json!({"sub": oid}));
    assert_eq!(stack.as_user(&of_b2c).await, 200);
    assert_eq!(stack.as_partner(&changed(&of_b2c, &json!({"azp": "portal-demo", "oid": "unknown", "sub": "unknown"}))).await, 401);
    let names = Arc::new(named("oid", "group", "partner"));
    let stack = Stack { platform: Platform { token_claims: names, ..stack.platform.clone() }, ..stack };
    assert_eq!((stack.as_user(&of_b2c).await, stack.as_partner(&changed(&of_b2c, &json!({"partner": "portal-demo"}))).await), (200, 401));
}

/// ACC-2: Okta has a list of scopes in `scp`, the client in `cid`, the user in `uid` and, as login, in `sub`. A client's own token has the
/// client in `sub` and no `uid`.
#[tokio::test]
async fn acc_2_tokens_of_okta_name_users_and_partners() {
    let stack = Stack::with("forecourt", named("uid", "group", "partner"), "00uid4BxXw6I6TV4m0g3").await;
    let user = json!({"ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": "https://dealer.okta.com/oauth2/default",
        "aud": "api://default", "cid": "0oabskvc6442nkvQO0h7", "uid": "00uid4BxXw6I6TV4m0g3", "scp": ["openid", "forecourt"],
        "sub": "ida@example.com", "group": "demo-group"});
    assert_eq!(stack.as_user(&user).await, 200);
    assert_eq!(stack.as_user(&changed(&user, &json!({"scp": ["openid", "forecourt.read"]}))).await, 403, "another scope");
    let partner = json!({"ver": 1, "iss": "https://dealer.okta.com/oauth2/default", "aud": "api://default", "cid": "0oaportal6442nkvQO0h",
        "scp": ["forecourt"], "sub": "0oaportal6442nkvQO0h", "group": "demo-group", "partner": "portal-demo"});
    assert_eq!(stack.as_partner(&partner).await, 201);
    assert_eq!(stack.as_partner(&changed(&partner, &json!({"uid": "00uid4BxXw6I6TV4m0g3"}))).await, 401, "both");

    // The same by `sub`: a login is a person's, the client's id is the client's.
    let mut by_login = ida();
    by_login["subject"] = json!("ida@example.com");
    let saved = stack.world.call(Request::put("gina.group", "/users/ida.falk").json(&by_login).version(1)).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let names = Arc::new(named("sub", "group", "partner"));
    let stack = Stack { platform: Platform { token_claims: names, ..stack.platform.clone() }, ..stack };
    assert_eq!((stack.as_user(&user).await, stack.as_partner(&partner).await), (200, 201));
    assert_eq!(stack.as_partner(&changed(&user, &json!({"partner": "portal-demo"}))).await, 401);
}

/// ACC-2: Auth0 has several audiences, scopes with spaces between them, and custom claims whose names are URLs. A client's own token has
/// the subject `…@clients`.
#[tokio::test]
async fn acc_2_tokens_of_auth0_name_users_and_partners() {
    let claims = named("sub", "https://desk.example/group", "https://desk.example/partner");
    let stack = Stack::with("forecourt", claims, "auth0|6553da60a54af58e29493993").await;
    let user = json!({"iss": "https://tenant.auth0.com/", "sub": "auth0|6553da60a54af58e29493993",
        "aud": ["https://desk.example/api", "https://tenant.auth0.com/userinfo"], "azp": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
        "scope": "openid profile forecourt email", "https://desk.example/group": "demo-group", "permissions": ["forecourt"]});
    assert_eq!(stack.as_user(&user).await, 200);
    let partner = json!({"iss": "https://tenant.auth0.com/", "sub": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients", "aud": "https://desk.example/api",
        "azp": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx", "gty": "client-credentials", "scope": "forecourt",
        "https://desk.example/group": "demo-group", "https://desk.example/partner": "portal-demo"});
    assert_eq!(stack.as_partner(&partner).await, 201);
    // The profile of RFC 9068 has the client in `client_id`.
    let rfc_9068 = json!({"azp": null, "gty": null, "client_id": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx"});
    assert_eq!(stack.as_partner(&changed(&partner, &rfc_9068)).await, 201);
    assert_eq!(stack.as_partner(&changed(&user, &json!({"https://desk.example/partner": "portal-demo"}))).await, 401);
}

/// ACC-2: Keycloak has the client in `azp`. A client's own token has the subject of its service account, whose name begins with
/// `service-account-`.
#[tokio::test]
async fn acc_2_tokens_of_keycloak_name_users_and_partners() {
    let subject = "7ddaf89f-69eb-4ecf-a9ca-acba11211986";
    let stack = Stack::with("forecourt", named("sub", "group", "azp"), subject).await;
    let user = json!({"jti": "f73a4a37-9550-4f88-97ef-3b45abebe067", "iss": "https://sso.example/realms/dealer", "aud": ["forecourt", "account"],
        "sub": subject, "typ": "Bearer", "azp": "desk", "acr": "1", "allowed-origins": ["/*"], "scope": "openid email profile forecourt",
        "realm_access": {"roles": ["offline_access", "default-roles-dealer"]}, "group": ["demo-group"], "email_verified": true,
        "preferred_username": "ida"});
    assert_eq!(stack.as_user(&user).await, 200);
    let partner = json!({"iss": "https://sso.example/realms/dealer", "aud": "forecourt", "sub": "0ff0aa11-69eb-4ecf-a9ca-acba11211986", "typ": "Bearer",
        "azp": "portal-demo", "scope": "email profile forecourt", "clientHost": "192.0.2.7", "clientAddress": "192.0.2.7",
        "client_id": "portal-demo", "preferred_username": "service-account-portal-demo", "group": "demo-group"});
    assert_eq!(stack.as_partner(&partner).await, 201);
    // A person who uses the partner's client is not the partner.
    assert_eq!(stack.as_partner(&changed(&user, &json!({"azp": "portal-demo", "sub": "unknown"}))).await, 401);
}

/// ACC-2: the problem of a 401 states what is wrong with the token.
#[tokio::test]
async fn acc_2_a_401_states_the_fault_of_the_token() {
    let stack = Stack::with("forecourt", named("uid", "group", "partner"), "auth0|1").await;
    let token = json!({"sub": "x", "uid": "auth0|1", "group": "demo-group", "scope": "forecourt"});
    for (changes, detail) in [
        (json!({"group": null}), "the token has no claim `group`, which names the group"),
        (json!({"group": ["a", "b"]}), "the claim `group` of the token has several values: it must have one"),
        (
            json!({"group": "Demo Group"}),
            "the claim `group` of the token must be 1 to 64 characters of a-z, 0-9, '-', '_' and '.', and not '.' or '..'",
        ),
        (json!({"group": "other-group"}), "the claim `uid` of the token names no user of the group, by subject or id"),
        (json!({"uid": null}), "the token has neither a claim `uid`, which names a user, nor `partner`, which names a partner"),
        (json!({"uid": []}), "the token has neither a claim `uid`, which names a user, nor `partner`, which names a partner"),
        (json!({"uid": "auth0|2"}), "the claim `uid` of the token names no user of the group, by subject or id"),
        (json!({"uid": null, "partner": "nobody"}), "the claim `partner` of the token names no partner of the group"),
        (json!({"partner": "portal-demo"}), "the token names a user (`uid`) and a partner (`partner`): it must name one of them"),
    ] {
        let reply = stack.call(Method::GET, &of_dealer("leads"), &changed(&token, &changes), &Value::Null).await;
        assert_eq!((reply.status, reply.text("/detail")), (401, detail), "{changes}");
    }
    assert_eq!(stack.as_user(&token).await, 200);
}

/// SET-7: tokens name a user by the subject, or by the id of a user without one; no two users of a group have one name.
#[tokio::test]
async fn set_7_a_subject_names_one_user_of_the_group() {
    let world = World::new().await;
    let save = async |user: &str, version: Option<u64>, subject: Value| {
        let mut body = ida();
        body["email"] = json!(format!("{user}@example.com"));
        body["subject"] = subject;
        let request = Request::put("gina.group", &format!("/users/{user}")).json(&body);
        world.call(if let Some(version) = version { request.version(version) } else { request }).await
    };
    let leads = of_dealer("leads");
    assert_eq!(save("ida.falk", None, json!("auth0|1")).await.status, 201);
    assert_eq!(save("eva.falk", None, json!("auth0|1")).await.faults(), ["subject SET-7"], "it is Ida's");
    assert_eq!(save("eva.falk", None, json!("anna.vogt")).await.faults(), ["subject SET-7"], "it is the id of a user without a subject");
    let long = "x".repeat(256);
    for wrong in ["", " auth0|2", "auth0|2\n", long.as_str()] {
        assert_eq!(save("eva.falk", None, json!(wrong)).await.faults(), ["subject SET-7"], "{wrong}");
    }
    assert_eq!((world.get("auth0|1", &leads).await.status, world.get("ida.falk", &leads).await.status), (200, 401), "by the subject only");

    // A client that does not know the field keeps it; null removes it.
    let renamed =
        json!({"name": "Ida Falk-Sommer", "email": "ida@example.com", "language": "de", "role": "seller", "dealers": [NORDSTERN]});
    let kept = world.call(Request::put("gina.group", "/users/ida.falk").json(&renamed).version(1)).await;
    assert_eq!((kept.status, kept.text("/subject")), (200, "auth0|1"), "{}", kept.body);
    assert_eq!(save("ida.falk", Some(2), json!(null)).await.status, 200);
    assert_eq!((world.get("auth0|1", &leads).await.status, world.get("ida.falk", &leads).await.status), (401, 200), "by the id again");
    assert_eq!(save("eva.falk", None, json!("auth0|1")).await.status, 201, "it is free");
    assert_eq!(save("ida.falk", Some(3), json!("auth0|1")).await.faults(), ["subject SET-7"], "it is Eva's now");

    // A user who left gives it up, and cannot return with it once it is another's.
    let left = world.call(Request::delete("gina.group", "/users/eva.falk").json(&json!({})).version(1)).await;
    assert_eq!(left.status, 200, "{}", left.body);
    assert_eq!(world.get("auth0|1", &leads).await.text("/detail"), "the user in the token has left the group");
    assert_eq!(save("ida.falk", Some(3), json!("auth0|1")).await.status, 200);
    assert_eq!(world.get("auth0|1", &leads).await.status, 200);
    assert_eq!(save("eva.falk", Some(2), json!("auth0|1")).await.faults(), ["subject SET-7"]);
}

/// SET-7: of two administrators who give one subject to two users at once, one succeeds.
#[tokio::test]
async fn set_7_of_two_users_at_once_one_gets_the_subject() {
    let world = World::new().await;
    let with = |subject: &str| {
        let mut body = ida();
        body["subject"] = json!(subject);
        body
    };
    // The second subject is the id that one of the two users has.
    for (round, subject) in ["auth0|1", "a-1"].into_iter().enumerate() {
        let (a, b) = (format!("/users/a-{round}"), format!("/users/b-{round}"));
        let mut one = with(subject);
        if subject == "a-1" {
            one["subject"] = json!(null);
        }
        let other = with(subject);
        let (one, other) =
            tokio::join!(world.call(Request::put("gina.group", &a).json(&one)), world.call(Request::put("gina.group", &b).json(&other)));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422], "{} {}", one.body, other.body);
    }
}

/// SET-7: of a user whom tokens name by the id again, and another user who gets this id as subject at the same time, one succeeds.
#[tokio::test]
async fn set_7_an_id_that_names_its_user_again_is_no_subject_of_another_user() {
    let world = World::new().await;
    let with = |subject: Value| {
        let mut body = ida();
        body["subject"] = subject;
        body
    };
    for (id, leaves) in [("a-1", false), ("a-2", true)] {
        let (own, other) = (format!("/users/{id}"), format!("/users/b-{id}"));
        let created = world.call(Request::put("gina.group", &own).json(&with(json!(format!("auth0|{id}"))))).await;
        assert_eq!(created.status, 201, "{}", created.body);
        let mut version = 1;
        if leaves {
            let left = world.call(Request::delete("gina.group", &own).json(&json!({})).version(version)).await;
            assert_eq!(left.status, 200, "{}", left.body);
            version += 1;
        }
        let (one, two) = tokio::join!(
            world.call(Request::put("gina.group", &own).json(&with(json!(null))).version(version)),
            world.call(Request::put("gina.group", &other).json(&with(json!(id))))
        );
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200 | 201, 422]), "{id}: {} {}", one.body, two.body);
    }
}

/// ACC-1: a new subject gives the rights of the user to another person, so that it is recorded as a grant. Nobody changes their own.
#[tokio::test]
async fn acc_1_another_subject_is_recorded_like_a_grant() {
    let world = World::new().await;
    let own = world.get("gina.group", "/users/gina.group").await.body;
    let mut gina = json!({"name": own["name"], "email": own["email"], "language": own["language"], "role": own["role"],
        "rights": own["rights"], "dealers": own["dealers"], "subject": "auth0|9"});
    let refused = world.call(Request::put("gina.group", "/users/gina.group").json(&gina).version(1)).await;
    assert_eq!(refused.faults(), ["subject ACC-1"], "{}", refused.body);
    let changed = world.call(Request::put("otto.operator", "/users/gina.group").json(&gina).version(1)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    world.system.settle().await;
    let log = world.get("auth0|9", "/access-log?limit=1").await;
    assert_eq!(
        (log.status, log.text("/records/0/user"), log.text("/records/0/by")),
        (200, "gina.group", "user:otto.operator"),
        "{}",
        log.body
    );
    // The same subject again grants nothing.
    gina["name"] = json!("Gina G.");
    assert_eq!(world.call(Request::put("otto.operator", "/users/gina.group").json(&gina).version(2)).await.status, 200);
    assert_eq!(world.get("auth0|9", "/access-log").await.body["records"].as_array().unwrap().len(), 1);
}
