//! Addresses that are proven by a mail: its codes are made, mailed, and shown.
//!
//! A mail has a link for any device and six digits for where the person began.
//! Both are good for one halted run and one address, and share their tries. The
//! link confirms and gives nobody a session: that goes to who holds the token
//! that the run was answered with.

use std::net::IpAddr;

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use uuid::Uuid;

use super::halted_run::{RunKind, seconds_until};
use super::stored::Stored;
use super::{Exchange, ExchangeError, HaltedRun};
use crate::crypto::one_use;
use crate::mail::{MailError, ValidationMail};
use crate::model::{EmailCode, JsonMap, NewPartial, Partial, email_key};
use crate::pipeline::FieldMessages;
use crate::storage::{CodeCheck, CodeTry};

/// Wrong tries after which a code is refused.
pub(super) const MAX_TRIES: i32 = 5;
/// Seconds for which mails are counted.
const WINDOW: i64 = 900;

/// Why a mail is not on its way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailTrouble {
    /// It could not be sent.
    #[error(transparent)]
    NotSent(#[from] MailError),
    /// Too many were asked for: for the address, its domain, or by one sender.
    #[error("too many mails in 15 minutes")]
    TooMany,
}

/// A halted run, and the address that is to be proven for it.
pub(super) struct ToProve<'a> {
    pub(super) partial: &'a NewPartial,
    pub(super) email: &'a str,
    pub(super) partial_token: &'a SecretString,
    pub(super) link_token: &'a SecretString,
    /// Where the request came from; `None` when that is not known.
    pub(super) sender: Option<IpAddr>,
}

/// A new code in the clear, and what is stored of it.
pub(super) struct NewCodes {
    link: Uuid,
    digits: SecretString,
    pub(super) row: EmailCode,
}

impl Exchange {
    /// Makes the codes of a mail.
    pub(super) fn new_codes(&self, what: &ToProve<'_>) -> Result<NewCodes, ExchangeError> {
        let ids = self.ids.as_ref();
        let mut bytes = [0; 16];
        ids.fill(&mut bytes)
            .map_err(|_none| ExchangeError::Sealing)?;
        let link = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let digits = one_use::six_digits(ids).map_err(|_none| ExchangeError::Sealing)?;
        let digits_hash = one_use::keyed_digest(what.partial_token, digits.expose_secret());
        let row = EmailCode {
            id: ids.new_id(),
            partial_id: what.partial.id,
            email: what.email.to_owned(),
            sender: what.sender.and_then(|sender| self.sender_digest(sender)),
            code_hash: link_hash(link),
            digits_hash: digits_hash.to_vec(),
            verified: false,
            tries: 0,
            sent: 1,
            created: self.clock.now(),
            expires: what.partial.expires,
        };
        Ok(NewCodes { link, digits, row })
    }

    /// The mail that carries the codes.
    pub(super) fn mail_of(&self, what: &ToProve<'_>, codes: &NewCodes) -> ValidationMail {
        let backend = &what.partial.backend;
        let token_name = self.partial_token_name(backend);
        let token = what.link_token.expose_secret();
        let public_url = self.mailing.public_url.as_ref();
        let base = public_url
            .map_or("", url::Url::as_str)
            .trim_end_matches('/');
        let left = seconds_until(what.partial.expires, self.clock.now());
        ValidationMail {
            id: codes.row.id,
            to: what.email.to_owned(),
            app: self.mailing.app().to_owned(),
            backend: backend.clone(),
            code: codes.digits.clone(),
            link: format!(
                "{base}/complete/{backend}?verification_code={}&{token_name}={token}",
                codes.link
            )
            .into(),
            minutes: left.div_ceil(60),
            expires_in: left,
        }
    }

    /// Sends a mail whose code is stored, unless there were too many. Asked at
    /// once from many sides, no more than the limit go out: each has counted
    /// itself.
    pub(super) async fn send(
        &self,
        (code, mail): (EmailCode, ValidationMail),
        run: HaltedRun,
    ) -> Result<HaltedRun, ExchangeError> {
        let since = self.clock.now() - TimeDelta::seconds(WINDOW);
        let sent = self.storage.codes_sent(&code, since).await?;
        let limits = self.mailing.limits;
        let too_many = sent.to_address > limits.per_address
            || sent.to_domain > limits.per_domain
            || sent.by_sender > limits.per_sender;
        let why = if too_many {
            MailTrouble::TooMany
        } else {
            match self.mailing.send(&mail).await {
                Ok(()) => return Ok(run),
                Err(error) => error.into(),
            }
        };
        let run = Box::new(run);
        Err(ExchangeError::MailNotSent { run, why })
    }

    /// Takes what a client sent for a halted step. `Some` when the run goes on
    /// waiting, because the client asked for another mail.
    pub(super) async fn take(
        &self,
        stored: &mut Stored,
        sent: &JsonMap,
        (token, sender): (&SecretString, Option<IpAddr>),
        kind: RunKind,
    ) -> Result<Option<HaltedRun>, ExchangeError> {
        stored.give(sent)?;
        let Some(email) = stored.mail.clone() else {
            return Ok(None);
        };
        if !self.is_proven(stored.partial.id, &email).await? {
            if wants_another(sent) {
                let run = self.still_halted(stored, token, kind).await?;
                return self.mail_again(stored, run, sender).await.map(Some);
            }
            let code = sent.get("verification_code").and_then(Value::as_str);
            let code = code.ok_or_else(|| ExchangeError::Fields(required()))?;
            self.check(&stored.partial, &email, &hash_of(code, token))
                .await?;
        }
        stored.inputs.confirm(&email);
        Ok(None)
    }

    /// Sends a mail of a run that waits, with codes that take the place of any
    /// before.
    pub(super) async fn mail_again(
        &self,
        stored: &Stored,
        run: HaltedRun,
        sender: Option<IpAddr>,
    ) -> Result<HaltedRun, ExchangeError> {
        let (Some(email), Some(link_token)) = (&stored.mail, &stored.link_token) else {
            return Err(ExchangeError::PartialInvalid);
        };
        let to_prove = ToProve {
            partial: &stored.partial,
            email,
            partial_token: &run.partial_token,
            link_token,
            sender,
        };
        let codes = self.new_codes(&to_prove)?;
        let mail = self.mail_of(&to_prove, &codes);
        self.storage.make_code(&codes.row).await?;
        let run = self.send((codes.row, mail), run).await?;
        self.note_mailed(&stored.partial).await;
        Ok(run)
    }

    /// Whether the mail of a halted run was answered.
    pub(super) async fn is_proven(
        &self,
        partial: Uuid,
        email: &str,
    ) -> Result<bool, ExchangeError> {
        let code = self.storage.get_code(partial).await?;
        Ok(code.is_some_and(|code| code.verified && email_key(&code.email) == email_key(email)))
    }

    pub(super) async fn check(
        &self,
        partial: &Partial,
        email: &str,
        hash: &[u8],
    ) -> Result<(), ExchangeError> {
        let code = CodeTry {
            partial_id: partial.id,
            email,
            hash,
        };
        let now = self.clock.now();
        match self.storage.verify_code(code, MAX_TRIES, now).await? {
            CodeCheck::Verified => Ok(()),
            CodeCheck::Refused => Err(ExchangeError::EmailVerificationRejected),
        }
    }

    /// Networks of IPv6 are counted as one: a customer has all of it.
    fn sender_digest(&self, sender: IpAddr) -> Option<Vec<u8>> {
        let text = match sender.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64;
                format!("{network:x}::/64")
            }
        };
        let digest = self.sealer.keyed_digest("sender of mails", &text)?;
        Some(digest.to_vec())
    }
}

pub(super) fn link_hash(code: Uuid) -> Vec<u8> {
    one_use::digest(&code.to_string()).to_vec()
}

/// Of digits, or of the link's code; people type spaces.
fn hash_of(code: &str, token: &SecretString) -> Vec<u8> {
    let code: String = code.split_whitespace().collect();
    match Uuid::try_parse(&code) {
        Ok(link) => link_hash(link),
        Err(_digits) => one_use::keyed_digest(token, &code).to_vec(),
    }
}

fn wants_another(sent: &JsonMap) -> bool {
    match sent.get("resend") {
        Some(Value::Bool(resend)) => *resend,
        Some(Value::String(resend)) => resend == "true",
        _ => false,
    }
}

fn required() -> FieldMessages {
    let message = "This field is required.".to_owned();
    FieldMessages::from([("verification_code".to_owned(), vec![message])])
}
