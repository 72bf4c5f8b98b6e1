//! OpenID 2.0's rules for an assertion, read from the standard once more: over
//! texts alone, with none of the program's code.

use std::collections::{BTreeMap, BTreeSet};

/// What every message names as its standard.
pub const NS: &str = "http://specs.openid.net/auth/2.0";
/// The endpoint whose identifiers end in seventeen digits.
pub const FIRST: &str = "https://steamcommunity.com/openid/login";
/// The addresses that a person may come back to.
pub const OURS: [&str; 3] = [
    "https://app.example/callback",
    "https://app.example/callback/2?app=1",
    "http://127.0.0.1/callback",
];
/// 2026-11-21T12:00:00Z, in unix seconds.
pub const NOW: i64 = 1_795_262_400;

/// The parameters of one assertion.
pub struct Judgement<'p> {
    pub parameters: &'p BTreeMap<String, String>,
}

impl Judgement<'_> {
    /// One of OpenID's own; `None` when not there.
    pub fn own(&self, name: &str) -> Option<&str> {
        self.parameters
            .get(&format!("openid.{name}"))
            .map(String::as_str)
    }

    /// The names that are signed and there.
    pub fn signed(&self) -> BTreeSet<&str> {
        let list = self.own("signed").map(|list| list.split(','));
        let names = list.into_iter().flatten();
        names.filter(|name| self.own(name).is_some()).collect()
    }

    /// Whether the assertion of that endpoint is right in all but its signature.
    pub fn is_good(&self, (endpoint, below): (&str, &str)) -> bool {
        let is = |name: &str, value: &str| self.own(name) == Some(value);
        let filled = |name: &&str| self.own(name).is_some_and(|value| !value.is_empty());
        let signed = self.signed();
        let must = [
            "assoc_handle",
            "claimed_id",
            "identity",
            "op_endpoint",
            "response_nonce",
            "return_to",
        ];
        let identity = self.own("claimed_id").unwrap_or_default();
        let named = if below.is_empty() {
            let digits = identity.strip_prefix("https://steamcommunity.com/openid/id/");
            digits.is_some_and(|id| id.len() == 17 && id.bytes().all(|byte| byte.is_ascii_digit()))
        } else {
            identity.starts_with(below)
                && !identity.contains(['#', ' ', '\n'])
                && climbs_not(identity)
        };
        is("ns", NS)
            && is("mode", "id_res")
            && is("op_endpoint", endpoint)
            && !self.names_twice()
            && must
                .iter()
                .all(|name| signed.contains(name) && filled(name))
            && filled(&"sig")
            && is("identity", identity)
            && named
            && self.came_back()
            && self.is_fresh()
    }

    fn names_twice(&self) -> bool {
        let mut seen = BTreeSet::new();
        let list = self
            .own("signed")
            .into_iter()
            .flat_map(|list| list.split(','));
        list.into_iter().any(|name| !seen.insert(name))
    }

    /// To an address of ours, with what was added to it unchanged.
    fn came_back(&self) -> bool {
        let return_to = self.own("return_to").unwrap_or_default();
        OURS.iter().any(|ours| {
            let rest = return_to.strip_prefix(ours).or_else(|| {
                let rest = ours.strip_prefix("http://127.0.0.1")?;
                let after = return_to.strip_prefix("http://127.0.0.1:")?;
                let slash = after.find('/')?;
                let (port, after) = after.split_at(slash);
                let number: u16 = port.parse().ok()?;
                (number > 0 && number.to_string() == port).then_some(())?;
                after.strip_prefix(rest)
            });
            let separator = if ours.contains('?') { '&' } else { '?' };
            rest.is_some_and(|rest| {
                let added = rest.strip_prefix(separator);
                rest.is_empty() || added.is_some_and(|added| self.are_there(added))
            })
        })
    }

    fn are_there(&self, added: &str) -> bool {
        let mut names = BTreeSet::new();
        let pairs = decoded_lossy(added);
        let same = |(name, value): &(String, String)| {
            let own = name.starts_with("openid.");
            names.insert(name.clone()) && !own && self.parameters.get(name) == Some(value)
        };
        !added.contains('#') && pairs.iter().all(same)
    }

    fn is_fresh(&self) -> bool {
        let nonce = self.own("response_nonce").unwrap_or_default();
        let printable = nonce.bytes().all(|byte| (0x21..0x7f).contains(&byte));
        let time = seconds(nonce);
        printable && nonce.len() <= 255 && time.is_some_and(|time| (time - NOW).abs() <= 300)
    }

    /// What the signature is made over; `None` where that cannot be written.
    pub fn signed_text(&self) -> Option<String> {
        let list = self
            .own("signed")
            .filter(|list| !list.is_empty() && !self.names_twice())?;
        let mut text = String::new();
        for name in list.split(',') {
            let value = self.own(name)?;
            if name.contains([':', '\n']) || value.contains('\n') {
                return None;
            }
            text += &format!("{name}:{value}\n");
        }
        Some(text)
    }
}

/// No part of a path is dots, written in whichever way.
fn climbs_not(url: &str) -> bool {
    let dots = url.to_ascii_lowercase().replace("%2e", ".");
    let path = dots.split('?').next().unwrap_or_default();
    path.split('/').all(|part| part != "." && part != "..")
}

/// The unix seconds that a nonce begins with (§10.1).
pub fn seconds(nonce: &str) -> Option<i64> {
    let bytes = nonce.as_bytes().get(..20)?;
    let marks = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'Z'),
    ];
    if marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = &bytes[from..to];
        let fold = |sum: i64, byte: &u8| sum * 10 + i64::from(byte - b'0');
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, fold))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |year: i64, month: i64| match month {
        2 => 28 + i64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let sound = (1..=12).contains(&month) && (1..=length(year, month)).contains(&day);
    if !sound || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let before = year - 1;
    let leaps = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    let months: i64 = (1..month).map(|month| length(year, month)).sum();
    let days = before * 365 + leaps + months + day - 1 - 719_162;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// The pairs of a query; `None` where one is no text.
pub fn decoded(query: &str) -> Option<Vec<(String, String)>> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
    let pairs = pairs(query).into_iter();
    pairs
        .map(|(name, value)| Some((text(name)?, text(value)?)))
        .collect()
}

fn decoded_lossy(query: &str) -> Vec<(String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let pairs = pairs(query).into_iter();
    pairs
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn pairs(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (bytes(name), bytes(value))
    });
    pairs.collect()
}

fn bytes(text: &str) -> Vec<u8> {
    let text = text.as_bytes();
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let read = match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        out.push(read.unwrap_or(if text[at] == b'+' { b' ' } else { text[at] }));
        at += if read.is_some() { 3 } else { 1 };
    }
    out
}
