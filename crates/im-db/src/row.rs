//! Rows on their way out of a statement.
use crate::{Error, Result};

/// One row of an answer, read in place while the statement stands on it.
pub enum Row<'a> {
    #[doc(hidden)]
    Sqlite(&'a rusqlite::Row<'a>),
    #[doc(hidden)]
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The column `name`.
    pub fn get<T: Column>(&self, name: &str) -> Result<T> {
        T::read(self, name)
    }
}

/// What a column can be read as.
pub trait Column: Sized {
    /// Reads the column `name` of `row`.
    fn read(row: &Row<'_>, name: &str) -> Result<Self>;
}

macro_rules! column {
    ($($t:ty),*) => { $(impl Column for $t {
        fn read(row: &Row<'_>, name: &str) -> Result<Self> {
            match row {
                Row::Sqlite(row) => row.get(name).map_err(Error::from),
                Row::Postgres(row) => row.try_get(name).map_err(Error::from),
            }
        }
    })* };
}
column!(i64, String, Vec<u8>, Option<i64>, Option<String>, Option<Vec<u8>>);

impl Column for bool {
    fn read(row: &Row<'_>, name: &str) -> Result<Self> {
        Ok(i64::read(row, name)? != 0)
    }
}
