//! Pools and transactions behind which nothing generic is left.
//!
//! sqlx's own `&Pool` and `Transaction` are generic over the query, so that every crate with a query gets a copy of all
//! that a connection needs: connecting, TLS, authentication, the wire protocol. Here a query is taken apart into its
//! [`Ask`] first, and what follows is compiled once, in this crate. The futures are boxed for the same reason: the body of
//! an `async fn` is compiled again in every crate that awaits it. It saves megabytes of the binary.

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::sqlite::{SqliteQueryResult, SqliteRow};
use sqlx::{Database, Either, Error, Execute, Executor, Postgres, SqlStr, Sqlite, Transaction};
use std::ops::{Deref, DerefMut};

/// A query, whatever type it was written as: its text, its values, and whether to keep it prepared.
struct Ask<DB: Database> {
    sql: SqlStr,
    values: Result<Option<DB::Arguments>, BoxDynError>,
    persistent: bool,
}

impl<DB: Database> Ask<DB> {
    fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        let values = query.take_arguments();
        let persistent = query.persistent();
        Self { sql: query.sql(), values, persistent }
    }
}

impl<DB: Database> Execute<'static, DB> for Ask<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        std::mem::replace(&mut self.values, Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// What a query gives, step by step: how many rows it changed, or a row.
type Steps<'e, DB> =
    BoxStream<'e, Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>>;

/// Hands every kind of asking on to the functions of the same type that take an [`Ask`].
macro_rules! executor {
    ($db:ty, $result:ty, $row:ty) => {
        type Database = $db;

        fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<$result, Error>>
        where
            'c: 'e,
            E: 'q + Execute<'q, $db>,
        {
            self.run(Ask::of(query))
        }

        fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Steps<'e, $db>
        where
            'c: 'e,
            E: 'q + Execute<'q, $db>,
        {
            self.steps(Ask::of(query))
        }

        fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<$row>, Error>>
        where
            'c: 'e,
            E: 'q + Execute<'q, $db>,
        {
            self.rows(Ask::of(query))
        }

        fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<$row>, Error>>
        where
            'c: 'e,
            E: 'q + Execute<'q, $db>,
        {
            self.row(Ask::of(query))
        }

        fn prepare_with<'e>(
            self,
            sql: SqlStr,
            parameters: &'e [<$db as Database>::TypeInfo],
        ) -> BoxFuture<'e, Result<<$db as Database>::Statement, Error>>
        where
            'c: 'e,
        {
            self.prepared(sql, parameters)
        }
    };
}

/// The functions that take an [`Ask`], given how to come from `self` to an executor of sqlx's.
macro_rules! asking {
    ($lifetime:lifetime, $self:ident: $on:ty => $executor:expr, $db:ty, $result:ty, $row:ty) => {
        fn run($self: $on, ask: Ask<$db>) -> BoxFuture<$lifetime, Result<$result, Error>> {
            Executor::execute($executor, ask)
        }

        fn steps($self: $on, ask: Ask<$db>) -> Steps<$lifetime, $db> {
            Executor::fetch_many($executor, ask)
        }

        fn rows($self: $on, ask: Ask<$db>) -> BoxFuture<$lifetime, Result<Vec<$row>, Error>> {
            Executor::fetch_all($executor, ask)
        }

        fn row($self: $on, ask: Ask<$db>) -> BoxFuture<$lifetime, Result<Option<$row>, Error>> {
            Executor::fetch_optional($executor, ask)
        }

        fn prepared<'e>(
            $self: $on,
            sql: SqlStr,
            parameters: &'e [<$db as Database>::TypeInfo],
        ) -> BoxFuture<'e, Result<<$db as Database>::Statement, Error>>
        where
            $lifetime: 'e,
        {
            Executor::prepare_with($executor, sql, parameters)
        }
    };
}

macro_rules! driver {
    ($words:literal, $pool:ident, $transaction:ident, $open:ident, $db:ty, $result:ty, $row:ty) => {
        #[doc = concat!("Connections to ", $words, ". Cheap to clone.")]
        #[derive(Debug, Clone)]
        pub struct $pool(sqlx::Pool<$db>);

        impl From<sqlx::Pool<$db>> for $pool {
            fn from(pool: sqlx::Pool<$db>) -> Self {
                Self(pool)
            }
        }

        impl $pool {
            /// Begins a transaction, which is taken back when it is dropped without a commit.
            ///
            /// # Errors
            /// When there is no connection in time, or the database refuses.
            pub fn begin(&self) -> BoxFuture<'_, Result<$transaction, Error>> {
                Box::pin(async move { Ok($transaction($open(self.0.begin().await?))) })
            }

            /// Closes all connections.
            pub fn close(&self) -> BoxFuture<'_, ()> {
                Box::pin(self.0.close())
            }

            asking!('static, self: &Self => &self.0, $db, $result, $row);
        }

        impl<'c> Executor<'c> for &'_ $pool {
            executor!($db, $result, $row);
        }

        #[doc = concat!("What is done on ", $words, " wholly or not at all.")]
        #[derive(Debug)]
        pub struct $transaction($open);

        impl $transaction {
            /// Makes it true.
            ///
            /// # Errors
            /// When the database refuses; then nothing of it was done.
            pub fn commit(self) -> BoxFuture<'static, Result<(), Error>> {
                Box::pin(self.0.0.commit())
            }

            /// Takes it back.
            ///
            /// # Errors
            /// When the database refuses; then it is taken back by the connection's end.
            pub fn rollback(self) -> BoxFuture<'static, Result<(), Error>> {
                Box::pin(self.0.0.rollback())
            }
        }

        impl Deref for $transaction {
            type Target = $open;

            fn deref(&self) -> &$open {
                &self.0
            }
        }

        impl DerefMut for $transaction {
            fn deref_mut(&mut self) -> &mut $open {
                &mut self.0
            }
        }

        #[doc = concat!("What runs queries within a transaction on ", $words, ".")]
        #[derive(Debug)]
        pub struct $open(Transaction<'static, $db>);

        impl<'t> $open {
            asking!('t, self: &'t mut Self => &mut *self.0, $db, $result, $row);
        }

        impl<'c> Executor<'c> for &'c mut $open {
            executor!($db, $result, $row);
        }
    };
}

driver!("a SQLite file", SqlitePool, SqliteTransaction, SqliteOpen, Sqlite, SqliteQueryResult, SqliteRow);
driver!("a PostgreSQL server", PgPool, PgTransaction, PgOpen, Postgres, PgQueryResult, PgRow);
