//! The part of send_wrapper's interface that Leptos is compiled against.
//!
//! The real crate notes the thread that a value was made on. In a browser there is one, but to ask
//! for it brings along the threads of Rust's standard library and, since those must not use the
//! program's allocator, a second allocator: 6 KB of every visitor's wasm. Here the thread is noted
//! everywhere but in wasm without threads.

use std::fmt;
use std::ops::{Deref, DerefMut};

#[cfg(not(all(target_arch = "wasm32", not(target_feature = "atomics"))))]
mod thread {
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Thread(std::thread::ThreadId);

    impl Thread {
        pub fn current() -> Self {
            Self(std::thread::current().id())
        }
    }
}

#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
mod thread {
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Thread;

    impl Thread {
        pub const fn current() -> Self {
            Self
        }
    }
}

use thread::Thread;

/// A value that other threads may hold, and only its own may touch: others panic.
pub struct SendWrapper<T> {
    /// There until taken.
    data: std::mem::ManuallyDrop<T>,
    thread: Thread,
}

// SAFETY: the value is only reached on the thread that it was made on.
unsafe impl<T> Send for SendWrapper<T> {}
// SAFETY: the same.
unsafe impl<T> Sync for SendWrapper<T> {}

impl<T> SendWrapper<T> {
    pub fn new(data: T) -> Self {
        Self { data: std::mem::ManuallyDrop::new(data), thread: Thread::current() }
    }

    /// Whether the value may be touched here.
    pub fn valid(&self) -> bool {
        self.thread == Thread::current()
    }

    pub fn take(self) -> T {
        self.check();
        let mut this = std::mem::ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped, so nobody else takes the value.
        unsafe { std::mem::ManuallyDrop::take(&mut this.data) }
    }

    fn check(&self) {
        assert!(self.valid(), "a value was touched on a thread that is not its own");
    }
}

impl<T> Deref for SendWrapper<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.check();
        &self.data
    }
}

impl<T> DerefMut for SendWrapper<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.check();
        &mut self.data
    }
}

impl<T> Drop for SendWrapper<T> {
    fn drop(&mut self) {
        if !std::mem::needs_drop::<T>() {
            return;
        }
        if self.valid() {
            // SAFETY: dropped once, here.
            unsafe { std::mem::ManuallyDrop::drop(&mut self.data) };
        } else if !std::thread::panicking() {
            self.check();
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for SendWrapper<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SendWrapper").field(&**self).finish()
    }
}

impl<T: Clone> Clone for SendWrapper<T> {
    fn clone(&self) -> Self {
        Self::new(T::clone(self))
    }
}

#[cfg(feature = "futures")]
mod futures {
    use super::SendWrapper;
    use futures_core::Stream;
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    impl<T> SendWrapper<T> {
        fn pinned(self: Pin<&mut Self>) -> Pin<&mut T> {
            self.check();
            // SAFETY: the value is never moved out of a pinned wrapper: `take` needs it unpinned.
            unsafe { self.map_unchecked_mut(|this| &mut *this.data) }
        }
    }

    impl<T: Future> Future for SendWrapper<T> {
        type Output = T::Output;

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T::Output> {
            self.pinned().poll(context)
        }
    }

    impl<T: Stream> Stream for SendWrapper<T> {
        type Item = T::Item;

        fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T::Item>> {
            self.pinned().poll_next(context)
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            T::size_hint(self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SendWrapper;
    use std::rc::Rc;

    #[test]
    fn another_thread_holds_it_and_cannot_touch_it() {
        let wrapped = SendWrapper::new(Rc::new(5));
        assert_eq!(**wrapped, 5);
        let touched = std::thread::spawn(move || {
            assert!(!wrapped.valid());
            let touching = std::panic::AssertUnwindSafe(|| **wrapped);
            let touched = std::panic::catch_unwind(touching).is_ok();
            std::mem::forget(wrapped);
            touched
        });
        assert!(!touched.join().unwrap());
    }

    #[test]
    fn it_is_dropped_once_on_its_own_thread_and_not_at_all_elsewhere() {
        let counted = Rc::new(());
        drop(SendWrapper::new(Rc::clone(&counted)));
        assert_eq!(Rc::strong_count(&counted), 1);
        let taken = SendWrapper::new(Rc::clone(&counted)).clone().take();
        assert_eq!(Rc::strong_count(&counted), 2);
        drop(taken);
        let elsewhere = SendWrapper::new(Rc::clone(&counted));
        assert!(std::thread::spawn(move || drop(elsewhere)).join().is_err());
        assert_eq!(Rc::strong_count(&counted), 2);
    }
}
