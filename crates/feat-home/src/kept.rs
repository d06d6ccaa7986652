//! A value in memory with a table behind it: read when first asked for, replaced as a whole when it changes, so that readers
//! never wait.

use hob_base::Result;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// The value and what keeps changes in order.
#[derive(Debug, Default)]
pub(crate) struct Kept<T> {
    loaded: OnceCell<()>,
    /// Held while a change is written, so that of two at the same time neither is lost.
    changing: Mutex<()>,
    value: RwLock<Arc<T>>,
}

impl<T: Send + Sync> Kept<T> {
    /// The value as it is now; `load` reads it the first time.
    ///
    /// # Errors
    /// When it was not read yet and cannot be.
    pub(crate) async fn get(&self, load: impl AsyncFnOnce() -> Result<T>) -> Result<Arc<T>> {
        self.loaded
            .get_or_try_init(|| async {
                let value = load().await?;
                self.replace(value);
                Ok::<(), hob_base::Error>(())
            })
            .await?;
        Ok(self.current())
    }

    /// The value as far as it has been read.
    pub(crate) fn current(&self) -> Arc<T> {
        self.value.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a change; it ends when the guard is dropped.
    pub(crate) async fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// Shows another value from now on.
    pub(crate) fn replace(&self, value: T) {
        *self.value.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}
