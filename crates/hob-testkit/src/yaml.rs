//! Manifests: several objects in one text.

use serde_json::Value;

/// The objects of a text of YAML or JSON; lists (`kind: List`) are taken apart, empty documents left out.
///
/// # Errors
/// What cannot be read.
pub fn objects(text: &str) -> Result<Vec<Value>, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| error.to_string())?;
    let mut objects = Vec::new();
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        let is_list = document.get("kind").and_then(Value::as_str) == Some("List");
        match document.get("items").and_then(Value::as_array) {
            Some(items) if is_list => objects.extend(items.iter().cloned()),
            _ => objects.push(document),
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_lists_are_taken_apart() {
        let text = "---\n# nothing\n---\nkind: A\nport: 80\nhost: \"yes\"\nempty: \"\"\nflow: {a: \"\", b: 1}\n---\nkind: List\nitems:\n- kind: B\n- {kind: C}\n";
        let objects = objects(text).unwrap();
        let kinds: Vec<_> = objects.iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["A", "B", "C"]);
        assert!(objects[0]["port"].is_number() && objects[0]["host"].is_string());
        assert!(objects[0]["empty"] == "" && objects[0]["flow"]["a"] == "", "{}", objects[0]);
        assert!(super::objects("a: [").is_err());
    }
}
