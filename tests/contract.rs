//! What is promised in files: the OpenAPI document, and both schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use api::clock::Clock;
use api::db::{Conn, Db, DbError};
use diesel::connection::SimpleConnection as _;
use diesel::{QueryableByName, RunQueryDsl as _};
use serde_json::Value;

use crate::harness::{keys, postgres};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn the_committed_document_is_the_code_s() {
    let committed = std::fs::read_to_string(root().join("openapi/openapi.json")).unwrap();
    assert!(committed == api::web::openapi::text().unwrap(), "openapi/openapi.json is not what the code says: run `make openapi`");
}

#[test]
fn every_problem_is_documented_with_every_operation_that_takes_what_it_refuses() {
    let document = api::web::openapi::document().unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let statuses: BTreeSet<_> = operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
            for status in ["400", "405", "500", "503"] {
                assert!(statuses.contains(status), "{path} lacks {status}");
            }
            assert_eq!(statuses.contains("404"), path.contains('{'), "{path}");
            assert_eq!(statuses.contains("413"), operation["requestBody"].is_object(), "{path}");
            for text in ["summary", "description", "operationId"] {
                assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{path} lacks a {text}");
            }
        }
    }
}

/// All parts of the document, each with where it stands.
fn parts<'d>(at: &str, part: &'d Value, found: &mut Vec<(String, &'d Value)>) {
    found.push((at.to_owned(), part));
    match part {
        Value::Object(fields) => fields.iter().for_each(|(name, inside)| parts(&format!("{at}/{name}"), inside, found)),
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(place, inside)| parts(&format!("{at}/{place}"), inside, found))
        }
        _ => {}
    }
}

/// Generators stop at the first name that leads nowhere.
#[test]
fn every_reference_leads_somewhere() {
    let document = api::web::openapi::document().unwrap();
    let mut found = Vec::new();
    parts("", &document, &mut found);
    let references: Vec<_> = found.iter().filter_map(|(at, part)| Some((at, part.get("$ref")?.as_str()?))).collect();
    assert!(references.len() > 100, "{}", references.len());
    for (at, target) in references {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{at} refers to {target}, which is not there");
    }
}

/// The one value that a property of a form may have.
fn only_value<'d>(form: &'d Value, property: &str) -> Option<&'d str> {
    let needed = form["required"].as_array()?.iter().any(|name| name == property);
    let values = form["properties"][property]["enum"].as_array().filter(|values| needed && values.len() == 1)?;
    values[0].as_str()
}

/// Generated clients name a form after its schema, and try one after the other until one fits: in Java the first whose fields are not wrong.
#[test]
fn what_has_several_forms_has_a_name_for_each_and_tells_them_apart() {
    let document = api::web::openapi::document().unwrap();
    let mut found = Vec::new();
    parts("", &document, &mut found);
    let mut seen = 0;
    for (at, part) in found {
        for forms in ["oneOf", "anyOf"].iter().filter_map(|kind| part[kind].as_array()) {
            let forms: Vec<_> = forms.iter().filter(|form| form["type"] != "null").collect();
            if forms.len() < 2 {
                continue;
            }
            seen += 1;
            let named = |form: &Value| document.pointer(form["$ref"].as_str().unwrap_or_default().trim_start_matches('#')).cloned();
            let schemas: Vec<_> = forms.iter().map(|form| named(form).filter(|form| form["type"] == "object")).collect();
            let schemas: Vec<_> =
                schemas.into_iter().map(|form| form.unwrap_or_else(|| panic!("{at}: a form has no name: {part}"))).collect();
            let of_all = schemas[0]["properties"].as_object().unwrap().keys().find(|property| {
                let values: BTreeSet<_> = schemas.iter().filter_map(|form| only_value(form, property)).collect();
                values.len() == schemas.len()
            });
            assert!(of_all.is_some(), "{at}: nothing tells its forms apart: each needs a property with one value of its own");
            // With it generated Rust takes the tag away from the form that needs it.
            assert!(part.get("discriminator").is_none(), "{at} has a discriminator");
        }
    }
    assert!(seen > 0);
}

#[test]
fn no_schema_has_a_name_that_a_language_keeps_for_itself() {
    let kept = "Annotation Any Array Boolean Box Byte Character Class Date Default Deprecated Double Enum Err Error Exception \
        Float Function FunctionalInterface Integer Iterable List Long Map Math Module None Null Number Object Ok \
        Option Override Package Process Promise Record Result Runnable SafeVarargs Self Set Short Some String \
        SuppressWarnings Symbol System Thread Type Vec Void";
    let document = api::web::openapi::document().unwrap();
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(!kept.split_whitespace().any(|kept| kept.eq_ignore_ascii_case(name)), "{name}");
    }
}

#[test]
fn every_operation_has_one_tag_which_is_explained() {
    let document = api::web::openapi::document().unwrap();
    let known: BTreeSet<_> = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut used = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let tags: Vec<_> = operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            assert_eq!(tags.len(), 1, "{path}");
            used.extend(tags);
        }
    }
    assert_eq!(used, known);
}

fn migration_names(tree: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join("migrations").join(tree)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn both_trees_have_the_same_migrations() {
    assert_eq!(migration_names("sqlite"), migration_names("postgres"));
    assert!(!migration_names("sqlite").is_empty());
}

/// A table: its columns with whether they may be null, and its unique indexes as sets of columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, bool>,
    unique: BTreeSet<BTreeSet<String>>,
}

type Schema = BTreeMap<String, Table>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    column_name: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    nullable: bool,
}

#[derive(QueryableByName)]
struct UniqueColumn {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    index_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    column_name: String,
}

const SQLITE_COLUMNS: &str = "SELECT m.name AS table_name, c.name AS column_name, c.\"notnull\" = 0 AS nullable
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'";
// An INTEGER PRIMARY KEY is the table's own row id and has no index of its own.
const SQLITE_UNIQUE: &str = "SELECT m.name AS table_name, i.name AS index_name, c.name AS column_name
    FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
    WHERE m.type = 'table' AND i.\"unique\" = 1 AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'
    UNION ALL SELECT m.name, 'row id', c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.pk = 1 AND c.type = 'INTEGER' AND m.name NOT LIKE 'sqlite%'";
const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text, is_nullable = 'YES' AS nullable
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'";
const POSTGRES_UNIQUE: &str = "SELECT t.relname::text AS table_name, i.relname::text AS index_name, a.attname::text AS column_name
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (x.indkey)
    WHERE x.indisunique AND n.nspname = 'public' AND t.relname NOT LIKE '\\_\\_diesel%'";

fn schema_of(db: &Db) -> Schema {
    let (columns, unique): (Vec<Column>, Vec<UniqueColumn>) = db
        .read(|conn| -> Result<_, DbError> {
            Ok(match conn {
                Conn::Sqlite(sqlite) => {
                    (diesel::sql_query(SQLITE_COLUMNS).load(sqlite)?, diesel::sql_query(SQLITE_UNIQUE).load(sqlite)?)
                }
                Conn::Pg(pg) => (diesel::sql_query(POSTGRES_COLUMNS).load(pg)?, diesel::sql_query(POSTGRES_UNIQUE).load(pg)?),
            })
        })
        .unwrap();
    let mut schema = Schema::new();
    for column in columns {
        schema.entry(column.table_name).or_default().columns.insert(column.column_name, column.nullable);
    }
    let mut indexes: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for column in unique {
        indexes.entry((column.table_name, column.index_name)).or_default().insert(column.column_name);
    }
    for ((table, _), columns) in indexes {
        schema.entry(table).or_default().unique.insert(columns);
    }
    schema
}

/// The tables of `schema.rs`, read as text: columns with whether they may be null.
fn declared_schema() -> BTreeMap<String, BTreeMap<String, bool>> {
    let text = std::fs::read_to_string(root().join("api/src/db/schema.rs")).unwrap();
    let mut schema = BTreeMap::new();
    for block in text.split("diesel::table! {").skip(1) {
        let block = block.split("\n}").next().unwrap();
        let mut name = String::new();
        let mut columns = BTreeMap::new();
        for line in block.lines().map(str::trim) {
            if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
                columns.insert(column.to_owned(), kind.starts_with("Nullable<"));
            } else if line.ends_with('{') && line.contains('(') {
                name = line.split_whitespace().next().unwrap().to_owned();
            }
        }
        schema.insert(name, columns);
    }
    schema
}

fn sqlite(folder: &Path) -> Db {
    keys::open(&format!("sqlite:{}", folder.join("new.sqlite").display()), Clock::default())
}

#[test]
fn both_databases_have_the_declared_schema() {
    let folder = tempfile::tempdir().unwrap();
    let on_sqlite = schema_of(&sqlite(folder.path()));
    let columns: BTreeMap<_, _> = on_sqlite.iter().map(|(name, table)| (name.clone(), table.columns.clone())).collect();
    assert_eq!(columns, declared_schema(), "SQLite on the left, schema.rs on the right");
    let Some(cluster) = postgres::cluster() else { return };
    let db = keys::open(&cluster.create_empty_database(), Clock::default());
    assert_eq!(on_sqlite, schema_of(&db), "SQLite on the left, PostgreSQL on the right");
}

/// Every migration's `down.sql`, last first.
fn down(tree: &str) -> String {
    let texts = migration_names(tree)
        .into_iter()
        .rev()
        .map(|name| std::fs::read_to_string(root().join("migrations").join(tree).join(name).join("down.sql")).unwrap());
    texts.collect::<Vec<_>>().join("\n") + "\nDELETE FROM __diesel_schema_migrations;"
}

fn take_down(db: &Db, tree: &str) {
    let sql = down(tree);
    db.write_beside(|conn| -> Result<(), DbError> { Ok(conn.batch_execute(&sql)?) }).unwrap();
    assert!(schema_of(db).is_empty(), "{tree}: something is left");
}

#[test]
fn what_goes_up_comes_down_and_goes_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let db = sqlite(folder.path());
    let before = schema_of(&db);
    take_down(&db, "sqlite");
    drop(db);
    assert_eq!(schema_of(&sqlite(folder.path())), before);
    assert_eq!(schema_of(&sqlite(folder.path())), before, "migrating twice changes nothing");
    let Some(cluster) = postgres::cluster() else { return };
    let url = cluster.create_empty_database();
    let open = || keys::open(&url, Clock::default());
    take_down(&open(), "postgres");
    assert_eq!(schema_of(&open()), before);
    assert_eq!(schema_of(&open()), before);
}
