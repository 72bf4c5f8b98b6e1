//! Tests of the key files: what is made, what is kept, what is refused.

use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;
use crate::model::SystemIds;

fn bytes(keys: &[Key]) -> Vec<[u8; 32]> {
    keys.iter().map(|key| *key.expose_secret()).collect()
}

fn load(directory: &TempDir) -> Result<Keys, KeyError> {
    load_or_create(&directory.path().join("data"), &SystemIds::default())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn keys_are_made_once_and_kept() {
    let directory = TempDir::new().unwrap();
    let made = load(&directory).unwrap();
    let kept = load(&directory).unwrap();
    assert_eq!(bytes(&made.signing), bytes(&kept.signing));
    assert_eq!(bytes(&made.sealing), bytes(&kept.sealing));
    assert_eq!((made.signing.len(), made.sealing.len()), (1, 1));
    assert_ne!(bytes(&made.signing), bytes(&made.sealing));
}

#[test]
fn the_directory_and_the_files_are_for_the_owner_alone() {
    let directory = TempDir::new().unwrap();
    load(&directory).unwrap();
    let data = directory.path().join("data");
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600);
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, [SEALING_FILE, SIGNING_FILE]);
}

#[test]
fn a_file_that_others_may_touch_is_refused_by_name() {
    let directory = TempDir::new().unwrap();
    load(&directory).unwrap();
    let path = directory.path().join("data").join(SEALING_FILE);
    for open in [0o640, 0o620, 0o604, 0o602, 0o644, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        let fault = load(&directory).unwrap_err();
        assert!(matches!(fault, KeyError::OpenToOthers { mode, .. } if mode == open));
        assert!(fault.to_string().contains("sealing.key: mode 6"), "{fault}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(load(&directory).is_ok());
}

#[test]
fn a_missing_file_is_made_and_the_other_one_stays() {
    let directory = TempDir::new().unwrap();
    let made = load(&directory).unwrap();
    fs::remove_file(directory.path().join("data").join(SIGNING_FILE)).unwrap();
    let again = load(&directory).unwrap();
    assert_ne!(bytes(&made.signing), bytes(&again.signing));
    assert_eq!(bytes(&made.sealing), bytes(&again.sealing));
}

#[test]
fn what_a_crash_left_half_written_is_replaced() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("signing.key.new"), "AAAA").unwrap();
    let made = load(&directory).unwrap();
    assert_eq!(
        bytes(&made.signing),
        bytes(&load(&directory).unwrap().signing)
    );
    assert!(!data.join("signing.key.new").exists());
}

#[test]
fn instances_that_start_at_once_get_the_same_keys() {
    let directory = TempDir::new().unwrap();
    let all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| load(&directory).unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for keys in &all {
        assert_eq!(bytes(&keys.signing), bytes(&all[0].signing));
        assert_eq!(bytes(&keys.sealing), bytes(&all[0].sealing));
    }
}

#[test]
fn a_broken_file_is_an_error_that_shows_none_of_it_and_stays_as_it_is() {
    let directory = TempDir::new().unwrap();
    load(&directory).unwrap();
    let path = directory.path().join("data").join(SIGNING_FILE);
    for content in ["", "\n", "c2VjcmV0LXRleHQ=\n", "not base64 secret-text\n"] {
        fs::write(&path, content).unwrap();
        let fault = load(&directory).unwrap_err().to_string();
        assert!(fault.contains("signing.key: "), "{fault}");
        assert!(
            !fault.contains("c2V") && !fault.contains("secret-text"),
            "{fault}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn a_directory_in_a_key_files_place_is_refused() {
    let directory = TempDir::new().unwrap();
    fs::create_dir_all(directory.path().join("data").join(SIGNING_FILE)).unwrap();
    assert!(matches!(load(&directory), Err(KeyError::NotAFile { .. })));
}

#[test]
fn a_ring_of_keys_is_read_in_order() {
    let directory = TempDir::new().unwrap();
    let old = load(&directory).unwrap();
    let path = directory.path().join("data").join(SIGNING_FILE);
    let new = generate(&SystemIds::default()).unwrap();
    let line = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{}\n{line}", new.signing.expose_secret())).unwrap();
    let both = load(&directory).unwrap();
    assert_eq!(both.signing.len(), 2);
    assert_eq!(bytes(&both.signing)[1], bytes(&old.signing)[0]);
}

#[test]
fn generated_keys_differ_and_can_be_read_back() {
    let pair = generate(&SystemIds::default()).unwrap();
    let list = format!(
        "{}, {}",
        pair.signing.expose_secret(),
        pair.sealing.expose_secret()
    );
    let keys = parse(&list).unwrap();
    assert_eq!(keys.len(), 2);
    assert_ne!(bytes(&keys)[0], bytes(&keys)[1]);
    assert_eq!(text(&keys[0]).expose_secret(), pair.signing.expose_secret());
    assert!(!format!("{pair:?}").contains(pair.signing.expose_secret()));
}

#[test]
fn short_long_and_sample_keys_are_refused() {
    let good = text(&new_key(&SystemIds::default()).unwrap());
    let short = STANDARD.encode([1_u8; 31]);
    let long = STANDARD.encode([1_u8; 33]);
    assert!(matches!(parse(""), Err(KeyError::NoKey)));
    assert!(matches!(parse(" , "), Err(KeyError::NoKey)));
    assert!(matches!(parse(&short), Err(KeyError::NotAKey(1))));
    assert!(matches!(parse(&long), Err(KeyError::NotAKey(1))));
    assert!(matches!(parse("changeme"), Err(KeyError::NotAKey(1))));
    let list = format!("{},{}", good.expose_secret(), STANDARD.encode([0_u8; 32]));
    assert!(matches!(parse(&list), Err(KeyError::Sample(2))));
}
