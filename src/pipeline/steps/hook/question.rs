//! What a hook is asked: the run so far, without any secret.

use serde_json::{Value, json};

use crate::hooks::Hook;
use crate::model::{Association, Details, JsonMap, User};
use crate::pipeline::{Context, Strategy};

/// The body of a call. It holds no time and nothing random but ids that stay,
/// so that the same question is the same text.
pub(super) fn question(hook: &Hook, strategy: &Strategy<'_>, ctx: &Context) -> Value {
    let all = [
        ("provider", Value::from(ctx.provider.as_str())),
        ("uid", Value::from(ctx.uid.as_str())),
        ("details", details(&ctx.details)),
        ("username", json!(ctx.username)),
        ("user", user(ctx)),
        ("is_new", ctx.is_new.into()),
        ("new_association", ctx.new_association.into()),
        ("associating", strategy.associating.into()),
        ("entries", ctx.entries.iter().map(entry).collect()),
        ("request", strategy.request_data.clone().into()),
        ("input", ctx.input.clone().into()),
        ("extra", ctx.extra.clone().into()),
    ];
    let sent = all.into_iter().filter(|(name, _)| hook.is_sent(name));
    let data: JsonMap = sent.map(|(name, value)| (name.to_owned(), value)).collect();
    json!({"type": "pipeline", "hook": hook.name(), "data": data})
}

fn details(details: &Details) -> Value {
    json!({
        "username": details.username,
        "email": details.email,
        "email_verified": details.email_verified,
        "fullname": details.fullname,
        "first_name": details.first_name,
        "last_name": details.last_name,
        "picture": details.picture,
        "other": details.other,
    })
}

/// The user: one who is there, or one who is proposed.
fn user(ctx: &Context) -> Value {
    let known = |user: &User| {
        json!({
            "id": user.id,
            "committed": !ctx.is_new,
            "username": user.username,
            "email": user.email,
            "email_verified": user.email_verified,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "fullname": user.fullname,
            "picture": user.picture,
            "is_active": user.is_active,
            "extra": user.extra,
        })
    };
    ctx.user.as_ref().map_or(Value::Null, known)
}

/// An account that is to be disconnected.
fn entry(association: &Association) -> Value {
    json!({
        "id": association.id,
        "provider": association.provider,
        "uid": association.uid,
    })
}
