//! XML answers, as JSON that a definition's paths can read.
//!
//! The root's content is the answer. An element of text alone is a text, an
//! empty one null; any other is an object of its attributes, as `@name`, its
//! children, each name a list however often it stands there, and its own text
//! as `#text`.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value as Json;

use super::{Asked, Code};
use crate::backends::BackendError;
use crate::model::JsonMap;

/// Most elements, texts and comments of a document; bounds the depth of its
/// reading too.
const MAX_NODES: u32 = 4096;

/// Deepest element; far more than any profile needs.
const MAX_DEPTH: usize = 32;

/// Reads XML in place of JSON.
#[derive(Debug)]
pub(super) struct Xml;

impl Code for Xml {
    fn name(&self) -> &'static str {
        "xml"
    }

    fn read(&self, body: &[u8], _asked: &Asked<'_>) -> Option<Result<Json, BackendError>> {
        Some(parse(body).ok_or(BackendError::MalformedResponse))
    }
}

/// The document as JSON; `None` when it is none, has a DTD, or is too large.
fn parse(body: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(body).ok()?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).ok()?;
    element(document.root_element(), MAX_DEPTH)
}

/// An element as JSON; `None` when it is deeper than that.
fn element(node: Node<'_, '_>, depth: usize) -> Option<Json> {
    let below = depth.checked_sub(1)?;
    let mut members = JsonMap::new();
    for attribute in node.attributes() {
        members.insert(format!("@{}", attribute.name()), attribute.value().into());
    }
    let mut text = String::new();
    for child in node.children() {
        if child.is_element() {
            let name = child.tag_name().name().to_owned();
            let same = members
                .entry(name)
                .or_insert_with(|| Json::Array(Vec::new()));
            if let Json::Array(same) = same {
                same.push(element(child, below)?);
            }
        } else if child.is_text() {
            text.push_str(child.text().unwrap_or_default());
        }
    }
    let text = text.trim();
    Some(match (members.is_empty(), text.is_empty()) {
        (true, true) => Json::Null,
        (true, false) => text.into(),
        (false, true) => Json::Object(members),
        (false, false) => {
            members.insert("#text".to_owned(), text.into());
            Json::Object(members)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_become_lists_texts_and_attributes() {
        let read = parse(
            b"<?xml version=\"1.0\"?>\n<R a=\"1\"><!-- c --><p ref=\"x\"> t &amp; u </p>\
              <q>1</q><q><![CDATA[<2>]]></q><e/></R>",
        );
        let expected = json!({
            "@a": "1",
            "p": [{"@ref": "x", "#text": "t & u"}],
            "q": ["1", "<2>"],
            "e": [null],
        });
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn what_is_no_small_document_without_entities_is_refused() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        let wide = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_some());
        assert!(parse(wide(4000).as_bytes()).is_some());
        for refused in [
            nested(MAX_DEPTH + 1),
            nested(300_000),
            "<a>".repeat(300_000),
            wide(4096),
            "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>".to_owned(),
            "<!DOCTYPE a SYSTEM \"https://a.example/a.dtd\"><a/>".to_owned(),
            "<a>&e;</a>".to_owned(),
            "<a><b></a>".to_owned(),
            "{\"a\": 1}".to_owned(),
            String::new(),
        ] {
            let start: String = refused.chars().take(40).collect();
            assert_eq!(parse(refused.as_bytes()), None, "{start}");
        }
        assert_eq!(parse(b"<a>\xff</a>"), None);
    }
}
