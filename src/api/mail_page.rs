//! The page behind a mail's link. Opening it changes nothing: programs open
//! links too. Its button confirms the address.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONTENT_SECURITY_POLICY};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiError;
use super::guessed::told;
use crate::exchange::{Exchange, ExchangeError, ShownLink};
use crate::mail::Page;

/// What the page may do: post its form to us.
const POLICY: &str =
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The address of a mail's link is confirmed. Nobody is signed in by that.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"email_confirmed": true}))]
pub(super) struct Confirmed {
    /// Always true.
    email_confirmed: bool,
}

/// Shows the button, or that the link does not work.
pub(super) async fn ask(
    exchange: &Exchange,
    sender: Option<IpAddr>,
    link: &ShownLink,
) -> Result<HttpResponse, ApiError> {
    let email = exchange.linked_email(link).await;
    match email.map_err(|error| told(exchange, sender, error)) {
        Ok(email) => {
            let fields = [
                (
                    exchange.partial_token_name(&link.backend),
                    link.link_token.expose_secret(),
                ),
                ("verification_code", link.code.expose_secret()),
            ];
            let page = Page::Asks {
                email: &email,
                fields: &fields,
            };
            Ok(shown(exchange, StatusCode::OK, page))
        }
        Err(ApiError::Exchange(ExchangeError::EmailVerificationRejected)) => {
            Ok(shown(exchange, StatusCode::BAD_REQUEST, Page::Invalid))
        }
        Err(error) => Err(error),
    }
}

/// Confirms; answers a browser with a page and a program with JSON.
pub(super) async fn confirm(
    exchange: &Exchange,
    (request, sender): (&HttpRequest, Option<IpAddr>),
    link: &ShownLink,
) -> Result<HttpResponse, ApiError> {
    let confirmed = exchange.confirm_email(link).await;
    match confirmed.map_err(|error| told(exchange, sender, error)) {
        Ok(()) if is_browser(request) => Ok(shown(exchange, StatusCode::OK, Page::Confirmed)),
        Ok(()) => Ok(HttpResponse::Ok().json(Confirmed {
            email_confirmed: true,
        })),
        Err(ApiError::Exchange(ExchangeError::EmailVerificationRejected))
            if is_browser(request) =>
        {
            Ok(shown(exchange, StatusCode::BAD_REQUEST, Page::Invalid))
        }
        Err(error) => Err(error),
    }
}

fn is_browser(request: &HttpRequest) -> bool {
    let accepts = request.headers().get(ACCEPT);
    accepts
        .and_then(|accepts| accepts.to_str().ok())
        .is_some_and(|accepts| accepts.contains("text/html"))
}

fn shown(exchange: &Exchange, status: StatusCode, page: Page<'_>) -> HttpResponse {
    let mailing = &exchange.mailing;
    match mailing.templates.page(mailing.app(), page) {
        Ok(page) => HttpResponse::build(status)
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .content_type("text/html; charset=utf-8")
            .body(page),
        Err(error) => {
            tracing::error!(%error, "the page of a mail's link cannot be shown");
            HttpResponse::InternalServerError().finish()
        }
    }
}
