use crate::{Db, Error, Migration, Result, params};
use std::sync::{Arc, Mutex};

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    sql: "create table note (id {{id}}, text text not null unique, body {{blob}}, flag bigint);",
}];

/// An empty database: a file, or a schema of its own when `TEST_POSTGRES_URL` is set.
async fn database() -> (Db, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let db = match std::env::var("TEST_POSTGRES_URL") {
        Err(_) => Db::sqlite(&dir.path().join("test.db")).unwrap(),
        Ok(url) => {
            let schema = format!(
                "db_{}",
                dir.path().file_name().unwrap().to_string_lossy().replace('.', "_").to_lowercase()
            );
            let admin = Db::postgres(&url, 1).await.unwrap();
            let create = format!("create schema {schema}");
            admin.write::<_, Error, _>(|tx| Box::pin(async move { tx.script(&create).await })).await.unwrap();
            let and = if url.contains('?') { '&' } else { '?' };
            Db::postgres(&format!("{url}{and}options=-csearch_path%3D{schema}"), 4).await.unwrap()
        }
    };
    db.migrate(SCHEMA).await.unwrap();
    (db, dir)
}

async fn add(db: &Db, text: &'static str) -> Result<i64> {
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "insert into note (text, flag) values ($1, $2) returning id";
            tx.one(sql, params![text, true], |row| row.get("id")).await
        })
    })
    .await
}

async fn texts(db: &Db) -> Vec<String> {
    db.read::<_, Error, _>(|tx| {
        Box::pin(async move {
            tx.all("select text from note order by id", params![], |row| row.get("text")).await
        })
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_unit_of_work_that_fails_takes_back_only_its_own_rows() {
    let (db, _dir) = database().await;
    let doomed = db.write::<(), Error, _>(|tx| {
        Box::pin(async move {
            tx.run("insert into note (text) values ($1)", params!["doomed"]).await?;
            Err(Error::Missing)
        })
    });
    let (good, doomed) = tokio::join!(add(&db, "good"), doomed);
    good.unwrap();
    assert!(matches!(doomed, Err(Error::Missing)));
    assert_eq!(texts(&db).await, ["good"]);
}

#[tokio::test]
async fn hooks_run_after_the_commit_and_not_after_a_rollback() {
    let (db, _dir) = database().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    for (name, fails) in [("kept", false), ("lost", true)] {
        let heard = heard.clone();
        let _ = db
            .write::<_, Error, _>(move |tx| {
                tx.after_commit(move || heard.lock().unwrap().push(name));
                Box::pin(async move { if fails { Err(Error::Missing) } else { Ok(()) } })
            })
            .await;
    }
    assert_eq!(*heard.lock().unwrap(), ["kept"]);
}

#[tokio::test]
async fn the_second_row_of_a_unique_text_is_refused_by_name() {
    let (db, _dir) = database().await;
    add(&db, "once").await.unwrap();
    assert!(matches!(add(&db, "once").await, Err(Error::Exists)));
    assert_eq!(texts(&db).await, ["once"]);
}

#[tokio::test]
async fn nulls_bytes_and_flags_come_back_as_they_went() {
    let (db, _dir) = database().await;
    db.write::<_, Error, _>(|tx| {
        Box::pin(async move {
            let sql = "insert into note (text, body, flag) values ($1, $2, $3)";
            tx.run(sql, params!["bytes", &b"\0\xff"[..], false]).await?;
            tx.run(sql, params!["nulls", None::<&[u8]>, None::<i64>]).await
        })
    })
    .await
    .unwrap();
    let read = db.read::<_, Error, _>(|tx| {
        Box::pin(async move {
            let sql = "select body, flag from note order by id";
            tx.all(sql, params![], |row| {
                Ok((row.get::<Option<Vec<u8>>>("body")?, row.get::<Option<i64>>("flag")?))
            })
            .await
        })
    });
    assert_eq!(read.await.unwrap(), [(Some(vec![0, 255]), Some(0)), (None, None)]);
}

#[tokio::test]
async fn parameters_are_numbered_and_not_counted() {
    let (db, _dir) = database().await;
    let id = add(&db, "before").await.unwrap();
    db.write::<_, Error, _>(move |tx| {
        Box::pin(async move {
            tx.run(
                "update note set text = $2, flag = $3 where id = $1 and flag = $3",
                params![id, "after", true],
            )
            .await
        })
    })
    .await
    .unwrap();
    assert_eq!(texts(&db).await, ["after"]);
}

#[tokio::test]
async fn a_unit_of_work_that_panics_leaves_the_others_alone() {
    if std::env::var("TEST_POSTGRES_URL").is_ok() {
        return; // there it runs on the caller's own task
    }
    let (db, _dir) = database().await;
    let broken = db.write::<(), Error, _>(|_| panic!("on purpose")).await;
    assert!(matches!(broken, Err(Error::Broken(_))));
    let foreign = db
        .write::<(), Error, _>(|_| {
            Box::pin(async {
                tokio::task::yield_now().await;
                Ok(())
            })
        })
        .await;
    assert!(matches!(foreign, Err(Error::Broken(_))));
    add(&db, "still here").await.unwrap();
}

#[tokio::test]
async fn a_hundred_writers_at_once_lose_nothing() {
    let (db, _dir) = database().await;
    let jobs = (0..100).map(|n| {
        let db = db.clone();
        tokio::spawn(async move { add(&db, Box::leak(format!("note {n}").into_boxed_str())).await })
    });
    for job in jobs.collect::<Vec<_>>() {
        job.await.unwrap().unwrap();
    }
    assert_eq!(texts(&db).await.len(), 100);
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let (db, _dir) = database().await;
    db.write::<_, Error, _>(|tx| {
        Box::pin(async move { tx.run("insert into schema_version (version) values ($1)", params![99]).await })
    })
    .await
    .unwrap();
    assert!(matches!(db.migrate(SCHEMA).await, Err(Error::Newer { found: 99, known: 1 })));
}
