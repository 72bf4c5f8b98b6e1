//! Apple's settings, whose names mean other things than at other providers.

use rcgen::KeyPair;
use serde_json::json;

use super::Project;

#[test]
fn apples_settings_are_taken_over_by_their_own_names() {
    let pem = KeyPair::generate().unwrap().serialize_pem();
    let project = Project::of(&json!({
        "AUTHENTICATION_BACKENDS": ["social_core.backends.apple.AppleIdAuth"],
        "SOCIAL_AUTH_APPLE_ID_AUDIENCE": ["com.example.ios"],
        "SOCIAL_AUTH_APPLE_ID_CLIENT": "com.example.web",
        "SOCIAL_AUTH_APPLE_ID_KEY": "a-key-id",
        "SOCIAL_AUTH_APPLE_ID_SECRET": pem,
        "SOCIAL_AUTH_APPLE_ID_TEAM": "a-team",
    }));
    let (_code, report) = project.judged();
    let names = ["AUDIENCE", "CLIENT", "KEY", "SECRET", "TEAM"];
    let names = names.map(|name| format!("SOCIAL_AUTH_APPLE_ID_{name}"));
    assert_eq!(report["environment"], json!(names), "{report:#}");
    let (_code, lines) = project.check(&["--write-env", ".env"]);
    assert!(!lines.join("\n").contains("PRIVATE KEY"), "{lines:?}");
    let (code, lines) = project.run(&["check"], &[]);
    assert_eq!(code, 0, "{lines:?}");
    assert_eq!(lines, ["the settings are good; providers: apple-id"]);
}
