//! Public keys as X.509 writes them (`SubjectPublicKeyInfo`), in PEM or bare.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;

use super::key::Material;

/// What stands before the point of a P-256 key, its first byte (`04`) excluded.
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// The same of a P-384 key.
const P384: &[u8] = b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";
/// The same of an Ed25519 key.
const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
/// `rsaEncryption` with its NULL.
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// Starts an uncompressed point.
const UNCOMPRESSED: u8 = 4;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// The key of a text; `None` when it is none that is taken.
pub(super) fn read(text: &str) -> Option<Material> {
    if text.contains("-----BEGIN ") {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok()?;
        return material(der.as_ref());
    }
    let bare: String = text.split_ascii_whitespace().collect();
    material(&STANDARD.decode(bare).ok()?)
}

fn material(der: &[u8]) -> Option<Material> {
    if let Some(point) = point(der, P256, 64) {
        return Some(Material::P256(point.into()));
    }
    if let Some(point) = point(der, P384, 96) {
        return Some(Material::P384(point.into()));
    }
    if let Some(key) = der.strip_prefix(ED25519) {
        return (key.len() == 32).then(|| Material::Ed25519(key.into()));
    }
    rsa(der)
}

/// An uncompressed point whose coordinates take so many bytes together.
fn point<'d>(der: &'d [u8], prefix: &[u8], coordinates: usize) -> Option<&'d [u8]> {
    let point = der.strip_prefix(prefix)?;
    let (first, rest) = point.split_first()?;
    (*first == UNCOMPRESSED && rest.len() == coordinates).then_some(point)
}

fn rsa(der: &[u8]) -> Option<Material> {
    let info = whole(der, SEQUENCE)?;
    let (algorithm, rest) = take(info, SEQUENCE)?;
    // No bit of the last byte is unused.
    let key = whole(rest, BIT_STRING)?.strip_prefix(&[0])?;
    let (modulus, rest) = take(whole(key, SEQUENCE)?, INTEGER)?;
    let exponent = whole(rest, INTEGER)?;
    (algorithm == RSA).then(|| Material::rsa(modulus, exponent))?
}

/// The one element that there is, and nothing after it.
fn whole(der: &[u8], tag: u8) -> Option<&[u8]> {
    let (content, rest) = take(der, tag)?;
    rest.is_empty().then_some(content)
}

/// The first element's content, and what follows it.
///
/// Of a key of 2048 bit or more no length is written in two bytes (`81`).
fn take(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let rest = der.strip_prefix(&[tag])?;
    let (length, rest) = match rest {
        [short @ ..=0x7f, rest @ ..] => (usize::from(*short), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}
