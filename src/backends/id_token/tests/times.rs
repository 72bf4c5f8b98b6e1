//! `exp`, `nbf`, `iat` and ages.

use super::*;

const YEAR: i64 = 366 * 24 * 3600;

fn judged(claims: &Value) -> Result<(), BackendError> {
    judge(claims, &policy()).map(drop)
}

fn lives(iat: impl Into<Value>, exp: impl Into<Value>) -> Value {
    let mut claims = with("iat", iat);
    claims["exp"] = exp.into();
    claims
}

/// JWT-7 and JWT-24.
#[test]
fn a_token_expires_a_minute_after_its_time() {
    for (exp, expected) in [
        (NOW + 1, Ok(())),
        (NOW, Ok(())),
        (NOW - 59, Ok(())),
        (NOW - 60, Err(BackendError::Expired)),
        (NOW - 61, Err(BackendError::Expired)),
    ] {
        assert_eq!(judged(&lives(NOW - 500, exp)), expected, "{exp}");
    }
}

/// JWT-7 and JWT-8.
#[test]
fn a_time_is_a_whole_number_of_seconds_since_1970() {
    for name in ["exp", "iat", "nbf"] {
        for odd in [
            "\"1800000000\"",
            "1800000000.0",
            "1.8e9",
            "1e308",
            "-1",
            "-1800000000",
            "253402300800",
            "9223372036854775807",
            "18446744073709551615",
            "123456789012345678901234567890",
            "null",
            "true",
            "[1800000000]",
            "{}",
        ] {
            let value: Value = serde_json::from_str(odd).unwrap();
            refused(&with(name, value), name);
        }
    }
    refused(&without("exp"), "exp");
    refused(&without("iat"), "iat");
    good(&with("nbf", NOW));
    // The last second of all calendars is a time, though a token's life is no such one.
    refused(&with("exp", 253_402_300_799_i64), "exp");
    assert_eq!(
        judged(&with("nbf", 253_402_300_799_i64)),
        Err(BackendError::NotYetValid)
    );
    assert_eq!(judged(&lives(0, 0)), Err(BackendError::Expired));
}

/// JWT-7.
#[test]
fn a_life_is_a_year_at_most_and_no_token_ends_before_it_begins() {
    good(&lives(NOW, NOW + YEAR));
    refused(&lives(NOW, NOW + YEAR + 1), "exp");
    refused(&lives(NOW, NOW + 10 * YEAR), "exp");
    good(&lives(NOW, NOW));
    refused(&lives(NOW, NOW - 1), "exp");
}

/// JWT-8 and JWT-24.
#[test]
fn a_token_from_the_future_is_not_valid_yet_after_a_minute() {
    for (time, expected) in [
        (NOW, Ok(())),
        (NOW + 60, Ok(())),
        (NOW + 61, Err(BackendError::NotYetValid)),
        (NOW + 3600, Err(BackendError::NotYetValid)),
    ] {
        assert_eq!(judged(&lives(time, NOW + 4000)), expected, "iat {time}");
        assert_eq!(judged(&with("nbf", time)), expected, "nbf {time}");
    }
    // The later of the two counts.
    let mut claims = lives(NOW + 61, NOW + 4000);
    claims["nbf"] = (NOW - 5).into();
    assert_eq!(judged(&claims), Err(BackendError::NotYetValid));
}

/// JWT-8.
#[test]
fn a_token_is_ten_minutes_old_at_most_or_as_its_provider_says() {
    for (max_age, age, expected) in [
        (DEFAULT_MAX_AGE, 600, Ok(())),
        (DEFAULT_MAX_AGE, 601, Err(BackendError::Expired)),
        (seconds(86_400), 86_400, Ok(())),
        (seconds(86_400), 86_401, Err(BackendError::Expired)),
        (seconds(0), 0, Ok(())),
        (seconds(0), 1, Err(BackendError::Expired)),
    ] {
        let policy = Policy {
            max_age,
            ..policy()
        };
        let judged = judge(&lives(NOW - age, NOW + 60), &policy).map(drop);
        assert_eq!(judged, expected, "{max_age} {age}");
    }
    assert_eq!(policy().max_age, seconds(600));
}

/// JWT-24.
#[tokio::test]
async fn a_clock_that_is_set_back_does_not_revive_an_expired_token() {
    let verifier = verifier();
    let (keys, policy) = (fixed(RSA), policy());
    let token = RSA.token(&lives(NOW, NOW + 300));
    let judged = async |now: i64| {
        let token = presented(&token);
        let judged = verifier.verify(&token, &keys, &policy, at(now)).await;
        judged.map(drop)
    };
    assert_eq!(judged(NOW).await, Ok(()));
    assert_eq!(judged(NOW + 359).await, Ok(()));
    assert_eq!(judged(NOW + 360).await, Err(BackendError::Expired));
    for back in [1, 60, 300, 3600, 86_000] {
        let refused = judged(NOW + 360 - back).await;
        assert_eq!(refused, Err(BackendError::Expired), "{back}");
    }
    // A copy goes by the same time.
    let copy = verifier.clone();
    let token = presented(&token);
    let refused = copy.verify(&token, &keys, &policy, at(NOW)).await;
    assert_eq!(refused.unwrap_err(), BackendError::Expired);
}
