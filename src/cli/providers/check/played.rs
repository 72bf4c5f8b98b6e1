//! A case, played in process: recorded answers instead of the network.

use serde_json::{Value, json};

use super::findings::{Finding, differences};
use super::fixture::{Answer, Case, USER_FIELDS};
use super::seen;
use crate::api::{Refused, read_sign_up};
use crate::exchange::{Exchange, ExchangeError, Preview, SignUp};
use crate::http::{self, HeaderName, HeaderValue, Method, Recording, Url};
use crate::model::{ClientInput, JsonMap, User};

/// Records the answers of a case.
///
/// # Errors
/// What cannot be an answer, or a request.
pub(super) fn record(case: &Case) -> Result<Recording, String> {
    let recording = Recording::default();
    for exchange in &case.exchanges {
        let request = &exchange.request;
        let method: Method = request
            .method
            .parse()
            .map_err(|_not_one| format!("`{}` is no method", request.method))?;
        let url = Url::parse(&request.url)
            .ok()
            .filter(|url| url.query().is_none())
            .ok_or_else(|| format!("`{}` is no URL without a query", request.url))?;
        recording.record(method, url, given(&exchange.answer)?);
    }
    Ok(recording)
}

fn given(answer: &Answer) -> Result<http::Answer, String> {
    let headers = answer
        .headers
        .iter()
        .map(|(name, value)| {
            let name = name.parse::<HeaderName>().ok();
            let value = HeaderValue::from_str(value).ok();
            name.zip(value)
                .ok_or_else(|| "an answer's header cannot be one".to_owned())
        })
        .collect::<Result<_, _>>()?;
    let body = match (&answer.json, &answer.text) {
        (Some(json), _) => json.to_string(),
        (None, text) => text.clone().unwrap_or_default(),
    };
    Ok(http::Answer {
        status: answer.status,
        headers,
        body: body.into_bytes(),
    })
}

/// Plays a sign-up, or for `claims` the mapping alone.
pub(super) async fn play(
    case: &Case,
    provider: &str,
    exchange: &Exchange,
    recording: &Recording,
) -> Vec<Finding> {
    let outcome = match &case.claims {
        None => signed_up(case, provider, exchange).await,
        Some(claims) => mapped(case, claims, provider, exchange),
    };
    let outcome = outcome.unwrap_or_else(
        |Refused { status, code }| json!({"refused": {"status": status, "code": code}}),
    );
    let mut findings = Vec::new();
    let expected = expected(case);
    if expected.get("refused").is_some() == outcome.get("refused").is_some() {
        differences("", &expected, &outcome, &mut findings);
    } else {
        // One line says it all: there is nothing to compare field by field.
        let said = |one: &Value| match (one.get("refused"), one.get("uid")) {
            (Some(refused), _) => format!("a refusal, {refused}"),
            (None, uid) => format!("the person {}", uid.unwrap_or(&Value::Null)),
        };
        findings.push(Finding::new("sign-up", said(&expected), said(&outcome)));
    }
    if case.claims.is_none() {
        findings.extend(seen::compare(case, &recording.seen()));
    }
    findings
}

fn expected(case: &Case) -> Value {
    match &case.expect.refused {
        Some(refused) => json!({"refused": {"status": refused.status, "code": refused.code}}),
        None => json!({
            "uid": case.expect.uid,
            "user": case.expect.user,
            "extra_data": case.expect.extra_data,
        }),
    }
}

async fn signed_up(case: &Case, provider: &str, exchange: &Exchange) -> Result<Value, Refused> {
    let mut fields = case.post.clone();
    fields.insert("provider".to_owned(), provider.into());
    let request: SignUp = read_sign_up(fields)?;
    let preview: Preview = exchange
        .preview(request)
        .await
        .map_err(|error| Refused::from(&error))?;
    let user = preview.user.as_ref();
    let text = |field: fn(&User) -> &Option<String>| user.and_then(|user| field(user).clone());
    let extra_data = preview.association.map(|social| social.extra_data);
    Ok(json!({
        "uid": preview.identity.uid(),
        "user": {
            "username": user.map(|user| &user.username),
            "email": text(|user| &user.email),
            "email_verified": user.is_some_and(|user| user.email_verified),
            "first_name": text(|user| &user.first_name),
            "last_name": text(|user| &user.last_name),
            "fullname": text(|user| &user.fullname),
            "picture": text(|user| &user.picture),
        },
        "extra_data": without_time(extra_data.unwrap_or_default()),
    }))
}

/// What claims come to: nobody signs in with them here.
fn mapped(
    case: &Case,
    claims: &JsonMap,
    provider: &str,
    exchange: &Exchange,
) -> Result<Value, Refused> {
    let mut input = ClientInput {
        client_id: None,
        fields: case.post.clone(),
        token_response: JsonMap::new(),
    };
    if let Some(Value::Object(given)) = input.fields.remove("token_response") {
        input.token_response = given;
    }
    let identity = case.identity.as_deref();
    let draft = exchange
        .draft(provider, (claims, identity), &input)
        .map_err(|error: ExchangeError| Refused::from(&error))?;
    let details = &draft.details;
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let values = [
        // A name that is made up has no digits of its own here.
        json!(text(&details.username).unwrap_or_else(|| "0".repeat(32))),
        json!(text(&details.email)),
        json!(details.email_verified && text(&details.email).is_some()),
        json!(text(&details.first_name)),
        json!(text(&details.last_name)),
        json!(text(&details.fullname)),
        json!(text(&details.picture)),
    ];
    let user: JsonMap = USER_FIELDS
        .map(str::to_owned)
        .into_iter()
        .zip(values)
        .collect();
    Ok(json!({
        "uid": draft.uid,
        "user": user,
        "extra_data": without_time(draft.extra_data),
    }))
}

fn without_time(mut extra_data: JsonMap) -> JsonMap {
    extra_data.remove("auth_time");
    extra_data
}
