//! The C library's own functions, found behind ours.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

const RTLD_NEXT: *mut c_void = -1isize as *mut c_void;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
}

fn find(cache: &AtomicPtr<c_void>, name: &CStr) -> *mut c_void {
    let known = cache.load(Ordering::Relaxed);
    if !known.is_null() {
        return known;
    }
    // SAFETY: the name ends in a zero byte; the handle is the one that the call documents.
    let found = unsafe { dlsym(RTLD_NEXT, name.as_ptr()) };
    if found.is_null() {
        std::process::abort();
    }
    cache.store(found, Ordering::Relaxed);
    found
}

macro_rules! real {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        pub unsafe fn $name($($argument: $kind),*) -> $result {
            static CACHE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
            const NAME: &CStr =
                match CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                    Ok(name) => name,
                    Err(_) => panic!("a name without a zero byte"),
                };
            // SAFETY: the signature is the C library's.
            let function: unsafe extern "C" fn($($kind),*) -> $result =
                unsafe { std::mem::transmute(find(&CACHE, NAME)) };
            unsafe { function($($argument),*) }
        }
    )*};
}

real! {
    open64(path: *const c_char, flags: c_int, mode: u32) -> c_int;
    openat64(at: c_int, path: *const c_char, flags: c_int, mode: u32) -> c_int;
    close(fd: c_int) -> c_int;
    write(fd: c_int, data: *const c_void, length: usize) -> isize;
    writev(fd: c_int, buffers: *const c_void, count: c_int) -> isize;
    pwrite64(fd: c_int, data: *const c_void, length: usize, offset: i64) -> isize;
    pwritev64(fd: c_int, buffers: *const c_void, count: c_int, offset: i64) -> isize;
    lseek64(fd: c_int, offset: i64, from: c_int) -> i64;
    ftruncate64(fd: c_int, length: i64) -> c_int;
    fsync(fd: c_int) -> c_int;
    fdatasync(fd: c_int) -> c_int;
    sync_file_range(fd: c_int, offset: i64, length: i64, flags: u32) -> c_int;
    copy_file_range(from: c_int, from_offset: *mut i64, to: c_int, to_offset: *mut i64,
        length: usize, flags: u32) -> isize;
    sendfile64(to: c_int, from: c_int, offset: *mut i64, count: usize) -> isize;
    rename(from: *const c_char, to: *const c_char) -> c_int;
    unlink(path: *const c_char) -> c_int;
    rmdir(path: *const c_char) -> c_int;
    mkdir(path: *const c_char, mode: u32) -> c_int;
}
