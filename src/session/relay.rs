//! Two threads for one pass over a capture: one finds things, the other tells them in the same order.

use std::io;
use std::panic::resume_unwind;
use std::thread;

use crossbeam_channel::{Sender, bounded};

use crate::error::Error;

/// How things go over from one thread to the next.
#[derive(Clone, Copy)]
pub(super) struct Bundles {
    /// How many go together: each time the other thread may have to be woken.
    pub together: usize,
    /// How many bundles may wait; then finding waits for telling. What waits long is not in the processor's caches any more.
    pub waiting: usize,
}

/// Where found things go.
pub(super) struct Outlet<T> {
    bundle: Vec<T>,
    /// How many things go over together.
    together: usize,
    to: Sender<Vec<T>>,
}

impl<T> Outlet<T> {
    /// Hands a thing on, soon.
    ///
    /// # Errors
    /// When nobody listens any more, which has an error of its own as its cause: that is the one that is told.
    pub(super) fn send(&mut self, thing: T) -> Result<(), Error> {
        self.bundle.push(thing);
        if self.bundle.len() < self.together {
            return Ok(());
        }
        self.flush()
    }

    /// Hands on what was kept back to go together.
    ///
    /// # Errors
    /// As for [`Self::send`].
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        if self.bundle.is_empty() {
            return Ok(());
        }
        let bundle = std::mem::replace(&mut self.bundle, Vec::with_capacity(self.together));
        self.to.send(bundle).map_err(|_| Error::Write {
            name: "what was found".to_owned(),
            source: io::ErrorKind::BrokenPipe.into(),
        })
    }
}

/// Runs `find` on a thread of its own; `tell` gets on this one what it sends, in such bundles, also when it fails
/// in the end.
///
/// # Errors
/// When one of them fails.
pub(super) fn relay<T: Send, R: Send>(
    bundles: Bundles,
    find: impl FnOnce(&mut Outlet<T>) -> Result<R, Error> + Send,
    tell: impl FnMut(T) -> Result<(), Error>,
) -> Result<R, Error> {
    let Bundles { together, waiting } = bundles;
    let (to, from) = bounded(waiting);
    thread::scope(|scope| {
        let finder = scope.spawn(move || {
            let mut outlet = Outlet {
                bundle: Vec::with_capacity(together),
                together,
                to,
            };
            let found = find(&mut outlet);
            outlet.flush()?;
            found
        });
        // An error drops the receiving end, and so ends the finder too.
        let told = from.into_iter().flatten().try_for_each(tell);
        let found = finder.join().unwrap_or_else(|panic| resume_unwind(panic));
        told.and(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLES: Bundles = Bundles {
        together: 32,
        waiting: 8,
    };

    #[test]
    fn everything_is_told_in_order() {
        let mut told = Vec::new();
        let sum = relay(
            BUNDLES,
            |outlet| {
                (0..1000).try_for_each(|n| outlet.send(n))?;
                Ok(7)
            },
            |n| {
                told.push(n);
                Ok(())
            },
        );
        assert_eq!(sum.unwrap(), 7);
        assert_eq!(told, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_found_before_a_failure_is_told() {
        let mut told = 0;
        let failed = relay::<_, ()>(
            BUNDLES,
            |outlet| {
                outlet.send(1)?;
                Err(Error::LinkType {
                    name: "x".to_owned(),
                    link: 9,
                })
            },
            |_| {
                told += 1;
                Ok(())
            },
        );
        assert!(matches!(failed, Err(Error::LinkType { .. })));
        assert_eq!(told, 1);
    }

    #[test]
    fn a_failure_to_tell_ends_the_search() {
        let failed = relay(
            BUNDLES,
            |outlet| {
                loop {
                    outlet.send(())?;
                }
            },
            |()| {
                Err::<(), _>(Error::Write {
                    name: "here".to_owned(),
                    source: io::ErrorKind::StorageFull.into(),
                })
            },
        );
        let Err(Error::Write { name, .. }) = failed.map(|(): ()| ()) else {
            panic!("no failure");
        };
        assert_eq!(name, "here");
    }
}
