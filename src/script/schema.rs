//! The JSON Schema of scripts, made from the types.

use std::sync::LazyLock;

use schemars::{Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde_json::{Value, json};

use super::document::Script;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with_transform(without_null);
    let mut schema = settings.into_generator().into_root_schema_for::<Script>();
    schema.insert("title".into(), json!("Script"));
    schema.to_value()
});

/// Returns the JSON Schema (2020-12) of a script.
#[must_use]
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// Removes `null` as the value of optional members (they are left out instead) and the line breaks of doc comments.
fn without_null(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(either)) = schema.get_mut("anyOf") {
        either.retain(|one| *one != json!({"type": "null"}));
        if let [only] = &either[..]
            && let Value::Object(only) = only.clone()
        {
            schema.remove("anyOf");
            for (name, value) in only {
                if schema.get(&name).is_none() {
                    schema.insert(name, value);
                }
            }
        }
    }
    transform_subschemas(&mut without_null, schema);
}
