//! TLS to PostgreSQL: read from the URL, always with a checked certificate.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use secrecy::SecretString;

use crate::storage::StorageError;

/// What a database URL says of TLS.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TlsChoice {
    /// In the clear: `disable`, `allow`, `prefer`, or nothing said.
    Off,
    /// `require`, `verify-ca`, `verify-full`: the certificate is checked.
    Checked {
        /// A file of further authorities: `sslrootcert`.
        roots: Option<String>,
    },
}

/// Takes what the driver does not know out of a URL: `sslmode`, `sslrootcert`.
///
/// # Errors
/// [`StorageError::Other`] when `sslmode` is none of the known ones.
pub(super) fn split_url(url: &str) -> Result<(SecretString, TlsChoice), StorageError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut roots, mut rest) = ("", None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = value,
            Some(("sslrootcert", value)) => roots = Some(decoded(value)),
            _ => rest.push(pair),
        }
    }
    let choice = match mode {
        "" | "disable" | "allow" | "prefer" => TlsChoice::Off,
        "require" | "verify-ca" | "verify-full" => TlsChoice::Checked { roots },
        _ => {
            let text = "`sslmode` of the database URL must be `disable`, `require` or \
                        `verify-full`";
            return Err(StorageError::Other(text.to_owned()));
        }
    };
    let plain = if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", rest.join("&"))
    };
    Ok((plain.into(), choice))
}

fn decoded(value: &str) -> String {
    let pair = format!("v={value}");
    let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
    pairs
        .next()
        .map_or_else(String::new, |(_, v)| v.into_owned())
}

/// A client that trusts the usual authorities and those of the file `roots`.
pub(super) fn client_config(roots: Option<&str>) -> Result<ClientConfig, StorageError> {
    let mut store = RootCertStore::empty();
    let usual = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned();
    store.add_parsable_certificates(usual);
    if let Some(path) = roots {
        let unreadable = |cause: &dyn std::fmt::Display| {
            StorageError::Other(format!("`sslrootcert`: cannot read `{path}`: {cause}"))
        };
        let pem = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
        for certificate in pem {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            let added = store.add(certificate);
            added.map_err(|error| unreadable(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_cause| StorageError::Other("TLS could not be set up".to_owned()))?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn tls_is_read_from_the_url_and_the_rest_of_it_stays() {
        let url = "postgres://u:p@h/db?sslmode=verify-full&a=b&sslrootcert=%2Fetc%2Fca.pem";
        let (plain, choice) = split_url(url).unwrap();
        assert_eq!(plain.expose_secret(), "postgres://u:p@h/db?a=b");
        let roots = Some("/etc/ca.pem".to_owned());
        assert_eq!(choice, TlsChoice::Checked { roots });
        assert_eq!(split_url("postgres://h/db").unwrap().1, TlsChoice::Off);
        let refused = split_url("postgres://u:secret@h/db?sslmode=on").unwrap_err();
        assert!(!refused.to_string().contains("secret"));
    }

    #[test]
    fn a_file_of_authorities_that_is_not_there_is_named() {
        let error = client_config(Some("/nowhere/ca.pem")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/ca.pem"));
    }
}
