//! The texts of mails and of the page behind their link; an operator's own take
//! the place of ours, file by file.

use std::path::Path;

use minijinja::{Environment, UndefinedBehavior, context};
use secrecy::ExposeSecret as _;

use super::{MailError, ValidationMail};

const SUBJECT: &str = "email_validation_subject.txt";
const TEXT: &str = "email_validation.txt";
const HTML: &str = "email_validation.html";
const PAGE: &str = "email_validation_page.html";

const OURS: [(&str, &str); 4] = [
    (
        SUBJECT,
        include_str!("templates/email_validation_subject.txt"),
    ),
    (TEXT, include_str!("templates/email_validation.txt")),
    (HTML, include_str!("templates/email_validation.html")),
    (PAGE, include_str!("templates/email_validation_page.html")),
];

/// Bounds the work of one template, in instructions.
const FUEL: u64 = 100_000;

/// The texts, compiled. What stands in a file of HTML is escaped.
pub struct Templates {
    environment: Environment<'static>,
}

/// What the page behind the link shows.
#[derive(Debug, Clone, Copy)]
pub enum Page<'a> {
    /// Asks whether the address is the person's.
    Asks {
        /// The address, masked.
        email: &'a str,
        /// What the button posts, by its name.
        fields: &'a [(&'a str, &'a str)],
    },
    /// Says that the address is confirmed.
    Confirmed,
    /// Says that the link does not work.
    Invalid,
}

/// A mail in words.
pub struct Written {
    /// One line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For the others.
    pub html: String,
}

impl Default for Templates {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        for (name, text) in OURS {
            // A test renders them: they cannot be broken unnoticed.
            let _ = environment.add_template(name, text);
        }
        Self { environment }
    }
}

impl Templates {
    /// Ours, but for those that the folder has.
    ///
    /// # Errors
    /// A text that names the file which cannot be read or rendered.
    pub fn of_folder(folder: Option<&Path>, subject: Option<&str>) -> Result<Self, String> {
        let mut templates = Self::default();
        for (name, _) in OURS {
            let Some(path) = folder.map(|folder| folder.join(name)) else {
                continue;
            };
            match std::fs::read_to_string(&path) {
                Ok(text) => templates.replace(name, text)?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{name}: {}", error.kind())),
            }
        }
        if let Some(subject) = subject {
            templates.replace(SUBJECT, subject.to_owned())?;
        }
        templates.rehearse()?;
        Ok(templates)
    }

    fn replace(&mut self, name: &'static str, text: String) -> Result<(), String> {
        let added = self.environment.add_template_owned(name, text);
        added.map_err(|error| format!("{name}: {error}"))
    }

    /// Renders all of them once, so that a mistake stops the start.
    fn rehearse(&self) -> Result<(), String> {
        let mail = ValidationMail {
            id: uuid::Uuid::nil(),
            to: "ada@example.com".to_owned(),
            app: "app.example".to_owned(),
            backend: "github".to_owned(),
            code: "123456".into(),
            link: "https://app.example/".into(),
            minutes: 15,
            expires_in: 900,
        };
        self.write(&mail).map_err(|error| error.to_string())?;
        let asks = Page::Asks {
            email: "a…@example.com",
            fields: &[("partial_token", "token")],
        };
        for page in [asks, Page::Confirmed, Page::Invalid] {
            self.page("app.example", page)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Puts a mail into words.
    ///
    /// # Errors
    /// [`MailError::Unwritable`] when an operator's own cannot be rendered.
    pub fn write(&self, mail: &ValidationMail) -> Result<Written, MailError> {
        let values = context! {
            app => mail.app.as_str(),
            email => mail.to.as_str(),
            backend => mail.backend.as_str(),
            code => mail.code.expose_secret(),
            link => mail.link.expose_secret(),
            minutes => mail.minutes,
        };
        let subject = self.render(SUBJECT, &values)?;
        Ok(Written {
            // A header is one line.
            subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
            text: self.render(TEXT, &values)?,
            html: self.render(HTML, &values)?,
        })
    }

    /// The page behind the link.
    ///
    /// # Errors
    /// [`MailError::Unwritable`] when an operator's own cannot be rendered.
    pub fn page(&self, app: &str, page: Page<'_>) -> Result<String, MailError> {
        let (state, email, fields) = match page {
            Page::Asks { email, fields } => ("asks", email, fields),
            Page::Confirmed => ("confirmed", "", [].as_slice()),
            Page::Invalid => ("invalid", "", [].as_slice()),
        };
        let fields: Vec<_> = fields
            .iter()
            .map(|&(name, value)| context! { name, value })
            .collect();
        self.render(PAGE, &context! { app, state, email, fields })
    }

    fn render(&self, name: &str, values: &minijinja::Value) -> Result<String, MailError> {
        let template = self.environment.get_template(name);
        let rendered = template.and_then(|template| template.render(values));
        // Its details may hold values.
        rendered.map_err(|error| MailError::Unwritable(format!("{name}: {}", error.kind())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(app: &str) -> ValidationMail {
        ValidationMail {
            id: uuid::Uuid::nil(),
            to: "o'neil@example.com".to_owned(),
            app: app.to_owned(),
            backend: "github".to_owned(),
            code: "012345".into(),
            link: "https://app.example/complete/github?a=b&c=d".into(),
            minutes: 15,
            expires_in: 900,
        }
    }

    #[test]
    fn our_texts_hold_the_code_and_the_link() {
        let written = Templates::default().write(&mail("app.example")).unwrap();
        assert_eq!(written.subject, "Confirm your address for app.example");
        assert!(
            written
                .text
                .contains("\n\nhttps://app.example/complete/github?a=b&c=d\n\n")
        );
        assert!(written.html.contains("a=b&amp;c=d"));
        for body in [written.text, written.html] {
            assert!(
                body.contains("012345") && body.contains("15 minutes"),
                "{body}"
            );
        }
    }

    #[test]
    fn eml_5_what_is_told_of_others_is_escaped_and_a_subject_is_one_line() {
        let evil = mail("x\r\nBcc: c@d.example\r\n\r\n<script>");
        let written = Templates::default().write(&evil).unwrap();
        assert!(!written.subject.contains(['\r', '\n']));
        assert!(!written.html.contains("<script>"));
    }

    #[test]
    fn an_operators_own_take_the_place_of_ours_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(TEXT), "Code: {{ code }}").unwrap();
        let own = Templates::of_folder(Some(folder.path()), Some("Hi from {{ app }}")).unwrap();
        let written = own.write(&mail("app.example")).unwrap();
        assert_eq!(written.text, "Code: 012345");
        assert_eq!(written.subject, "Hi from app.example");
        assert!(written.html.contains("<strong>012345</strong>"));
    }

    #[test]
    fn a_mistake_in_an_operators_own_is_told_with_its_file() {
        for (name, text) in [
            (TEXT, "{{ cod }}"),
            (HTML, "{% if %}"),
            (PAGE, "{{ state | nope }}"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(name), text).unwrap();
            let problem = Templates::of_folder(Some(folder.path()), None)
                .err()
                .unwrap();
            assert!(problem.contains(name), "{problem}");
        }
    }
}
