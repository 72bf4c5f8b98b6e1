//! The same people as python-social-auth makes of the same cases, and a
//! reason for each difference. What it makes stands in
//! `tests/providers/python-social-auth`, written by `scripts/python-social-auth`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::providers::fixture::{self, Case, Fixture, Purpose};

/// What python-social-auth has no word for.
const OURS_ALONE: [&str; 2] = ["picture", "email_verified"];

/// A case of the fixture, in the form that is compared.
fn ours(case: &Case) -> Value {
    if let Some(refused) = &case.expect.refused {
        return json!({"refused": refused.code, "requests": requests(case)});
    }
    let mut user = json!(case.expect.user);
    for field in OURS_ALONE {
        user.as_object_mut().unwrap().remove(field);
    }
    json!({
        "uid": case.expect.uid,
        "user": user,
        "extra_data": case.expect.extra_data,
        "requests": requests(case),
    })
}

fn requests(case: &Case) -> BTreeMap<String, Value> {
    case.exchanges
        .iter()
        .filter(|exchange| exchange.purpose == Purpose::Profile)
        .map(|exchange| {
            let request = &exchange.request;
            let mut sent = json!({"query": request.query, "headers": request.headers});
            if let Some(json) = &request.json {
                sent["json"] = json.clone();
            }
            if let Some(form) = &request.form {
                sent["form"] = json!(form);
            }
            (format!("{} {}", request.method, request.url), sent)
        })
        .collect()
}

/// What python-social-auth makes of the case, in the same form.
fn theirs(judged: &Value, case: &Case) -> Value {
    let mut theirs = judged.clone();
    if let Some(error) = theirs.as_object_mut().unwrap().remove("error") {
        theirs["refused"] = error;
    }
    if let Some(user) = theirs.get_mut("user").and_then(Value::as_object_mut) {
        for field in OURS_ALONE {
            user.remove(field);
        }
    }
    // Binding and discovery are ours, or asked in another way.
    let aside: BTreeSet<String> = case
        .exchanges
        .iter()
        .filter(|exchange| exchange.purpose != Purpose::Profile)
        .map(|exchange| format!("{} {}", exchange.request.method, exchange.request.url))
        .filter(|line| !requests(case).contains_key(line))
        .collect();
    if let Some(requests) = theirs.get_mut("requests").and_then(Value::as_object_mut) {
        requests.retain(|line, _| !aside.contains(line));
    }
    theirs
}

/// Where two values differ; null, "" and nothing at all are the same.
fn differences(at: &str, expected: &Value, actual: &Value, found: &mut BTreeSet<String>) {
    let none = |value: &Value| value.is_null() || value == "" || *value == json!({});
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let keys: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
            for key in keys {
                let below = match at {
                    "" => key.clone(),
                    at => format!("{at}.{key}"),
                };
                match (expected.get(key), actual.get(key)) {
                    (Some(expected), Some(actual)) => differences(&below, expected, actual, found),
                    _ if at.is_empty() || at == "requests" || at.starts_with("extra_data") => {
                        found.insert(below);
                    }
                    (one, other) => {
                        let null = Value::Null;
                        let (one, other) = (one.unwrap_or(&null), other.unwrap_or(&null));
                        if !(none(one) && none(other)) {
                            found.insert(below);
                        }
                    }
                }
            }
        }
        (expected, actual) if expected == actual || none(expected) && none(actual) => {}
        _ => drop(found.insert(at.to_owned())),
    }
}

/// Whether the place is the one listed, or below one that ends in `.*`.
fn covers(listed: &str, place: &str) -> bool {
    listed == place
        || listed
            .strip_suffix(".*")
            .is_some_and(|above| place == above || place.starts_with(&format!("{above}.")))
}

/// What of a provider is not as python-social-auth makes it and not listed,
/// and what is listed and no difference.
fn unexplained(fixture: &Fixture, judged: &Value) -> Vec<String> {
    let mut unexplained = Vec::new();
    let mut used = BTreeSet::new();
    for case in &fixture.cases {
        let Some(theirs_whole) = judged.get(&case.name) else {
            unexplained.push(format!("{}: python-social-auth was not asked", case.name));
            continue;
        };
        let mut found = BTreeSet::new();
        let (mut theirs, ours) = (theirs(theirs_whole, case), ours(case));
        // Two refusals are the same, by whatever name.
        if let (Some(error), Some(code)) = (theirs.get_mut("refused"), ours.get("refused")) {
            error.clone_from(code);
        }
        differences("", &theirs, &ours, &mut found);
        for place in found {
            let listed = fixture.differences.iter().enumerate();
            let reasons: Vec<usize> = listed
                .filter(|(_, listed)| listed.case == "*" || listed.case == case.name)
                .filter(|(_, listed)| covers(&listed.at, &place))
                .map(|(index, _)| index)
                .collect();
            if reasons.is_empty() {
                unexplained.push(format!("{}: {place}", case.name));
            }
            used.extend(reasons);
        }
    }
    for (index, listed) in fixture.differences.iter().enumerate() {
        if !used.contains(&index) {
            unexplained.push(format!("{}: {}: no difference", listed.case, listed.at));
        }
        if listed.why.is_empty() {
            unexplained.push(format!("{}: {}: no reason", listed.case, listed.at));
        }
    }
    unexplained
}

#[test]
fn every_case_gives_the_same_person_but_for_the_differences_listed() {
    let shipped: BTreeSet<String> = fixture::shipped().into_iter().collect();
    let mut unexplained_of = BTreeMap::new();
    for name in &shipped {
        let fixture = Fixture::read(name);
        let unexplained = match fixture::judged(name) {
            Some(judged) => unexplained(&fixture, &judged),
            None if fixture.differences.is_empty() => Vec::new(),
            None => vec!["differences from what nobody was asked".to_owned()],
        };
        if !unexplained.is_empty() {
            unexplained_of.insert(name.clone(), unexplained);
        }
    }
    assert!(unexplained_of.is_empty(), "{unexplained_of:#?}");
    let judgements: BTreeSet<String> = fixture::judgements().into_iter().collect();
    let strange: Vec<_> = judgements.difference(&shipped).collect();
    assert!(strange.is_empty(), "no definition of {strange:?}");
}

#[test]
fn a_difference_that_is_not_listed_and_one_that_is_none_are_both_told() {
    let mut fixture = Fixture::read("google-oauth2");
    fixture.differences.clear();
    fixture.cases.truncate(1);
    let case = &fixture.cases[0];
    let mut same = ours(case);
    let name = case.name.clone();
    let judge = |said: &Value| json!({ &name: said });
    assert!(unexplained(&fixture, &judge(&same)).is_empty());
    same["uid"] = json!("an address");
    same["extra_data"].as_object_mut().unwrap().remove("sub");
    let told = unexplained(&fixture, &judge(&same));
    assert_eq!(
        told,
        [format!("{name}: extra_data.sub"), format!("{name}: uid")]
    );
    let list = |at: &str| fixture::Difference {
        case: "*".to_owned(),
        at: at.to_owned(),
        why: "on purpose".to_owned(),
    };
    fixture.differences = vec![list("uid"), list("extra_data.*"), list("user.email")];
    let told = unexplained(&fixture, &judge(&same));
    assert_eq!(told, ["*: user.email: no difference"]);
}
