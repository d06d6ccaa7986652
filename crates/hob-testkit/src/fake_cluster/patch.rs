//! Patches: JSON merge patch (RFC 7386), JSON patch (RFC 6902) and as much of Kubernetes' strategic merge patch as
//! `kubectl apply` sends for the kinds that it knows.

use serde_json::{Map, Value};

/// By which field the items of a list are told apart, the first that all items have. Servers look it up in their
/// schema; lists whose items have none of these are replaced.
const MERGE_KEYS: &[&str] =
    &["name", "type", "containerPort", "port", "mountPath", "topologyKey", "ip", "uid"];

/// JSON merge patch: `null` removes, objects are merged, everything else is replaced.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    let object = as_object(target);
    for (name, value) in patch {
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Strategic merge patch.
pub(super) fn strategic(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if patch.get("$patch").and_then(Value::as_str) == Some("replace") {
        *target = Value::Object(patch.iter().filter(|(name, _)| !name.starts_with('$')).map(owned).collect());
        return;
    }
    let object = as_object(target);
    if let Some(keys) = patch.get("$retainKeys").and_then(Value::as_array) {
        object.retain(|name, _| keys.iter().any(|key| key.as_str() == Some(name)));
    }
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = value.as_array().cloned().unwrap_or_default();
            if let Some(items) = object.get_mut(list).and_then(Value::as_array_mut) {
                items.retain(|item| !gone.contains(item));
            }
        } else if name.starts_with('$') {
            // Orders of lists: nothing that a test looks at depends on them.
        } else if value.is_null() {
            object.remove(name);
        } else if let Value::Array(items) = value {
            merge_list(object.entry(name).or_insert_with(|| Value::Array(Vec::new())), items);
        } else {
            strategic(object.entry(name).or_insert(Value::Null), value);
        }
    }
}

fn merge_list(target: &mut Value, patch: &[Value]) {
    let Some(present) = target.as_array_mut() else {
        *target = Value::Array(patch.to_vec());
        return;
    };
    let whole: Vec<&Value> = present.iter().chain(patch).collect();
    let key =
        MERGE_KEYS.iter().find(|key| !whole.is_empty() && whole.iter().all(|item| item.get(**key).is_some()));
    let Some(key) = key else {
        *present = patch.to_vec();
        return;
    };
    for item in patch {
        let at = present.iter().position(|one| one.get(*key) == item.get(*key));
        let deleted = item.get("$patch").and_then(Value::as_str) == Some("delete");
        match (at, deleted) {
            (Some(at), true) => drop(present.remove(at)),
            (Some(at), false) => {
                if let Some(one) = present.get_mut(at) {
                    strategic(one, item);
                }
            }
            (None, true) => {}
            (None, false) => present.push(item.clone()),
        }
    }
}

/// JSON patch: `add`, `replace`, `remove` and `test`.
///
/// # Errors
/// Which operation could not be carried out.
pub(super) fn json(target: &mut Value, patch: &Value) -> Result<(), String> {
    let operations = patch.as_array().ok_or("a JSON patch is a list of operations")?;
    for operation in operations {
        let text = |name: &str| operation.get(name).and_then(Value::as_str);
        let (op, path) = (text("op").unwrap_or_default(), text("path").unwrap_or_default());
        let value = operation.get("value").cloned().unwrap_or(Value::Null);
        let done = match op {
            "add" | "replace" => put(target, path, value, op == "add"),
            "remove" => remove(target, path),
            "test" => (target.pointer(path) == Some(&value)).then_some(()),
            _ => None,
        };
        done.ok_or_else(|| format!("the operation {op} of {path} cannot be carried out"))?;
    }
    Ok(())
}

fn put(target: &mut Value, path: &str, value: Value, add: bool) -> Option<()> {
    if path.is_empty() {
        *target = value;
        return Some(());
    }
    let (parent, last) = path.rsplit_once('/')?;
    match target.pointer_mut(parent)? {
        Value::Object(object) => {
            object.insert(unescape(last), value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let at = last.parse::<usize>().ok().filter(|at| *at < items.len() + usize::from(add))?;
            if add { items.insert(at, value) } else { *items.get_mut(at)? = value }
        }
        _ => return None,
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<()> {
    let (parent, last) = path.rsplit_once('/')?;
    match target.pointer_mut(parent)? {
        Value::Object(object) => object.remove(&unescape(last)).map(drop),
        Value::Array(items) => {
            let at = last.parse::<usize>().ok().filter(|at| *at < items.len())?;
            items.remove(at);
            Some(())
        }
        _ => None,
    }
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// The object at this place; whatever else is there is replaced by an empty one.
fn as_object(target: &mut Value) -> &mut Map<String, Value> {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    target.as_object_mut().expect("it has just been made one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_merge_patch_merges_and_removes() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "list": [1, 2]});
        merge(&mut target, &json!({"a": {"b": null, "d": 3}, "list": [3], "new": {"x": null, "y": 1}}));
        assert_eq!(target, json!({"a": {"c": 2, "d": 3}, "list": [3], "new": {"y": 1}}));
    }

    #[test]
    fn a_strategic_patch_merges_lists_by_key() {
        let mut target = json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}], "rules": [{"host": "x"}], "f": ["1", "2"]});
        let patch = json!({
            "$setElementOrder/containers": [{"name": "a"}],
            "containers": [{"name": "a", "image": "2"}, {"$patch": "delete", "name": "b"}, {"name": "c"}],
            "rules": [{"host": "y"}],
            "$deleteFromPrimitiveList/f": ["1"],
        });
        strategic(&mut target, &patch);
        assert_eq!(
            target,
            json!({"containers": [{"name": "a", "image": "2"}, {"name": "c"}], "rules": [{"host": "y"}], "f": ["2"]})
        );
    }

    #[test]
    fn a_json_patch_does_what_it_says_or_says_what_not() {
        let mut target = json!({"metadata": {"labels": {"a/b": "1"}}, "list": [1, 3]});
        let patch = json!([
            {"op": "test", "path": "/list/0", "value": 1},
            {"op": "add", "path": "/list/1", "value": 2}, {"op": "add", "path": "/list/-", "value": 4},
            {"op": "remove", "path": "/metadata/labels/a~1b"}, {"op": "replace", "path": "/list/0", "value": 0},
        ]);
        json(&mut target, &patch).unwrap();
        assert_eq!(target, json!({"metadata": {"labels": {}}, "list": [0, 2, 3, 4]}));
        assert!(
            json(&mut target, &json!([{"op": "remove", "path": "/nothing"}]))
                .unwrap_err()
                .contains("/nothing")
        );
    }
}
