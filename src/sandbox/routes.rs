//! Which path is served by what.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use serde_json::json;

use super::{oauth1, oauth1_legs, oauth2, oidc, openid};

const USERINFO: &str = "/oauth2/userinfo";
const TOKENINFO: &str = "/oauth2/tokeninfo";
const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";
const VERIFY_CREDENTIALS: &str = "/oauth1/verify_credentials";
const REQUEST_TOKEN: &str = "/oauth1/request_token";
const OAUTH1_AUTHORIZE: &str = "/oauth1/authorize";
const ACCESS_TOKEN: &str = "/oauth1/access_token";
const HEALTHZ: &str = "/healthz";
const DISCOVERY: &str = "/oidc/.well-known/openid-configuration";
const JWKS: &str = "/oidc/jwks";
const AUTHORIZE: &str = "/oidc/authorize";
const TOKEN: &str = "/oidc/token";
const OIDC_USERINFO: &str = "/oidc/userinfo";
const OIDC_INTROSPECT: &str = "/oidc/introspect";
const OIDC_REVOKE: &str = "/oidc/revoke";
const ID_TOKEN: &str = "/oidc/id_token";
const ROTATE: &str = "/oidc/rotate";
const OIDC_FAULTS: &str = "/oidc/faults";
const OPENID: &str = "/openid";
const OPENID_XRDS: &str = "/openid/xrds";
/// Where people's identifiers begin.
pub(super) const OPENID_ID: &str = "/openid/id";
const OPENID_FAULTS: &str = "/openid/faults";
/// All paths that are served and counted.
pub(super) const PATHS: [&str; 23] = [
    USERINFO,
    TOKENINFO,
    INTROSPECT,
    REVOKE,
    VERIFY_CREDENTIALS,
    REQUEST_TOKEN,
    OAUTH1_AUTHORIZE,
    ACCESS_TOKEN,
    HEALTHZ,
    DISCOVERY,
    JWKS,
    AUTHORIZE,
    TOKEN,
    OIDC_USERINFO,
    OIDC_INTROSPECT,
    OIDC_REVOKE,
    ID_TOKEN,
    ROTATE,
    OIDC_FAULTS,
    OPENID,
    OPENID_XRDS,
    OPENID_ID,
    OPENID_FAULTS,
];

/// Serves all of [`PATHS`].
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource(USERINFO).get(oauth2::userinfo))
        .service(web::resource(TOKENINFO).get(oauth2::tokeninfo))
        .service(web::resource(INTROSPECT).post(oauth2::introspect))
        .service(web::resource(REVOKE).post(oauth2::revoke))
        .service(web::resource(VERIFY_CREDENTIALS).get(oauth1::verify_credentials))
        .service(web::resource(REQUEST_TOKEN).post(oauth1_legs::request_token))
        .service(web::resource(OAUTH1_AUTHORIZE).get(oauth1_legs::authorize))
        .service(web::resource(ACCESS_TOKEN).post(oauth1_legs::access_token))
        .service(web::resource(HEALTHZ).get(healthz));
    config
        .service(web::resource(DISCOVERY).get(oidc::discovery))
        .service(web::resource(JWKS).get(oidc::jwks))
        .service(web::resource(AUTHORIZE).get(oidc::authorize))
        .service(web::resource(TOKEN).post(oidc::token))
        .service(web::resource(OIDC_USERINFO).get(oauth2::userinfo))
        .service(web::resource(OIDC_INTROSPECT).post(oauth2::introspect))
        .service(web::resource(OIDC_REVOKE).post(oidc::revoke))
        .service(web::resource(ID_TOKEN).post(oidc::forge_id_token))
        .service(web::resource(ROTATE).post(oidc::rotate))
        .service(
            web::resource(OIDC_FAULTS)
                .get(oidc::show_faults)
                .post(oidc::set_faults),
        );
    config
        .service(
            web::resource(OPENID)
                .get(openid::indirect)
                .post(openid::direct),
        )
        .service(web::resource(OPENID_XRDS).get(openid::xrds))
        .service(web::resource([OPENID_ID, "/openid/id/{number}"]).get(openid::person_xrds))
        .service(
            web::resource(OPENID_FAULTS)
                .get(openid::show_faults)
                .post(openid::set_faults),
        );
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}
