//! Preloaded (`LD_PRELOAD`) into a program, it stands in for the C library's functions that change
//! files, lets them through, and appends what they did to a trace: every write with its bytes,
//! every sync with what it covered, every name that came or went. From the trace a simulated
//! power cut builds the disks that the real one could have left. It can also refuse the n-th write
//! or sync, as a failing disk does. `powercut::trace` reads what is written here.
//!
//! It depends on nothing, so that it can be compiled by itself.

mod fail;
mod real;
mod trace;

use std::ffi::{CStr, c_char, c_int, c_void};
use trace::{Kind, cookie_of};

const O_CREAT: c_int = 0o100;
const SEEK_CUR: c_int = 1;
const AT_FDCWD: c_int = -100;

/// The path, where the file lies in the folder that is watched.
unsafe fn watched<'a>(path: *const c_char) -> Option<&'a [u8]> {
    let path = unsafe { CStr::from_ptr(path) }.to_bytes();
    trace::setup().filter(|setup| path.starts_with(&setup.folder)).map(|_| path)
}

unsafe fn opened(fd: c_int, path: *const c_char, flags: c_int) -> c_int {
    if let Some(path) = unsafe { watched(path) }
        && fd >= 0
    {
        let cookie = trace::remember(fd);
        trace::append(Kind::Open, cookie, flags.cast_unsigned().into(), &[path]);
    }
    fd
}

// The C functions take `mode` as a variadic argument. On the systems with this kind of preloading
// it is passed like any other.

#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: u32) -> c_int {
    let refused = unsafe { flags & O_CREAT != 0 && watched(path).is_some() } && fail::write();
    if refused { -1 } else { unsafe { opened(real::open64(path, flags, mode), path, flags) } }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: u32) -> c_int {
    unsafe { open64(path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(at: c_int, path: *const c_char, flags: c_int, mode: u32) -> c_int {
    let absolute = unsafe { *path } == b'/'.cast_signed();
    match at == AT_FDCWD || absolute {
        true => unsafe { open64(path, flags, mode) },
        false => unsafe { real::openat64(at, path, flags, mode) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat(at: c_int, path: *const c_char, flags: c_int, mode: u32) -> c_int {
    unsafe { openat64(at, path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn close(fd: c_int) -> c_int {
    trace::forget(fd);
    unsafe { real::close(fd) }
}

/// Notes the bytes that reached the file; a short write is noted as short as it was.
unsafe fn wrote(cookie: u64, data: *const c_void, result: isize, offset: i64) {
    let (Ok(length), Ok(offset)) = (usize::try_from(result), u64::try_from(offset)) else { return };
    let data = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) };
    trace::append(Kind::Write, cookie, offset, &[data]);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, data: *const c_void, length: usize) -> isize {
    let Some(cookie) = cookie_of(fd) else { return unsafe { real::write(fd, data, length) } };
    if fail::write() {
        return -1;
    }
    unsafe {
        let result = real::write(fd, data, length);
        // Right for appending too, where the place is known only afterwards.
        wrote(cookie, data, result, real::lseek64(fd, 0, SEEK_CUR) - result as i64);
        result
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(fd: c_int, data: *const c_void, length: usize, offset: i64) -> isize {
    let Some(cookie) = cookie_of(fd) else {
        return unsafe { real::pwrite64(fd, data, length, offset) };
    };
    if fail::write() {
        return -1;
    }
    unsafe {
        let result = real::pwrite64(fd, data, length, offset);
        wrote(cookie, data, result, offset);
        result
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(fd: c_int, data: *const c_void, length: usize, offset: i64) -> isize {
    unsafe { pwrite64(fd, data, length, offset) }
}

#[repr(C)]
struct IoVec {
    data: *const c_void,
    length: usize,
}

/// The first buffer alone: a short write, which every caller must expect.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, buffers: *const IoVec, count: c_int) -> isize {
    match cookie_of(fd) {
        Some(_) if count > 0 => unsafe { write(fd, (*buffers).data, (*buffers).length) },
        _ => unsafe { real::writev(fd, buffers.cast(), count) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwritev64(
    fd: c_int,
    buffers: *const IoVec,
    count: c_int,
    offset: i64,
) -> isize {
    match cookie_of(fd) {
        Some(_) if count > 0 => unsafe { pwrite64(fd, (*buffers).data, (*buffers).length, offset) },
        _ => unsafe { real::pwritev64(fd, buffers.cast(), count, offset) },
    }
}

/// Copies between files go past `write`: refused, so that the caller copies by hand.
#[unsafe(no_mangle)]
unsafe extern "C" fn copy_file_range(
    from: c_int,
    from_offset: *mut i64,
    to: c_int,
    to_offset: *mut i64,
    length: usize,
    flags: u32,
) -> isize {
    if cookie_of(to).is_some() {
        return fail::with(fail::ENOSYS) as isize;
    }
    unsafe { real::copy_file_range(from, from_offset, to, to_offset, length, flags) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sendfile64(to: c_int, from: c_int, offset: *mut i64, count: usize) -> isize {
    if cookie_of(to).is_some() {
        return fail::with(fail::ENOSYS) as isize;
    }
    unsafe { real::sendfile64(to, from, offset, count) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(fd: c_int, length: i64) -> c_int {
    let Some(cookie) = cookie_of(fd) else { return unsafe { real::ftruncate64(fd, length) } };
    if fail::write() {
        return -1;
    }
    let result = unsafe { real::ftruncate64(fd, length) };
    if result == 0 {
        trace::append(Kind::Truncate, cookie, length.cast_unsigned(), &[]);
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate(fd: c_int, length: i64) -> c_int {
    unsafe { ftruncate64(fd, length) }
}

/// What was written before the call is on disk after it; of what came in between nothing is known.
unsafe fn sync_with(fd: c_int, real: unsafe fn(c_int) -> c_int) -> c_int {
    let Some(cookie) = cookie_of(fd) else { return unsafe { real(fd) } };
    if fail::sync() {
        return -1;
    }
    let covered = trace::position();
    let result = unsafe { real(fd) };
    if result == 0 {
        trace::append(Kind::Sync, cookie, covered, &[]);
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    unsafe { sync_with(fd, real::fsync) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    unsafe { sync_with(fd, real::fdatasync) }
}

/// Starts writing pages out, but neither empties the disk's own cache nor writes the file's size:
/// no promise at all, so only its place in time is noted.
#[unsafe(no_mangle)]
unsafe extern "C" fn sync_file_range(fd: c_int, offset: i64, length: i64, flags: u32) -> c_int {
    if let Some(cookie) = cookie_of(fd) {
        if trace::setup().is_some_and(|setup| setup.without_ranges) {
            return fail::with(fail::ENOSYS);
        }
        trace::append(Kind::Range, cookie, offset.cast_unsigned(), &[]);
    }
    unsafe { real::sync_file_range(fd, offset, length, flags) }
}

/// Notes a change of names that went well.
fn named(kind: Kind, result: c_int, paths: &[&[u8]]) -> c_int {
    if result == 0 {
        trace::append(kind, 0, 0, paths);
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    match unsafe { (watched(from), watched(to)) } {
        (Some(_), Some(_)) if fail::write() => -1,
        (Some(source), Some(target)) => {
            named(Kind::Rename, unsafe { real::rename(from, to) }, &[source, b"\0", target])
        }
        _ => unsafe { real::rename(from, to) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    match unsafe { watched(path) } {
        Some(name) => named(Kind::Unlink, unsafe { real::unlink(path) }, &[name]),
        None => unsafe { real::unlink(path) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    match unsafe { watched(path) } {
        Some(name) => named(Kind::Unlink, unsafe { real::rmdir(path) }, &[name]),
        None => unsafe { real::rmdir(path) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(path: *const c_char, mode: u32) -> c_int {
    match unsafe { watched(path) } {
        Some(_) if fail::write() => -1,
        Some(name) => named(Kind::MakeFolder, unsafe { real::mkdir(path, mode) }, &[name]),
        None => unsafe { real::mkdir(path, mode) },
    }
}
