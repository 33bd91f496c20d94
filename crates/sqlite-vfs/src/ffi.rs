//! Gives disks to SQLite.
//!
//! SQLite calls these functions through pointers in two structures of its own, `sqlite3_vfs` and `sqlite3_io_methods`.
//! What they are given is said at <https://www.sqlite.org/c3ref/vfs.html> and <https://www.sqlite.org/c3ref/io_methods.html>.
//! A panic in one of them ends the process, because it must not cross into C.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Once};
use std::time::Duration;

use libsqlite3_sys as sqlite;

use crate::disk::Machine;
use crate::fault::{Failure, Operation};
use crate::file::SECTOR;
use crate::folder::{Failed, FileId};
use crate::locks::{Handle, Level};

/// The name under which SQLite knows the disks.
pub const VFS: &str = "parlor-disk";

/// The same for C.
const VFS_NAME: &CStr = c"parlor-disk";

/// The longest path, in bytes.
const LONGEST_PATH: usize = 256;

/// 2026-01-01 in milliseconds since the beginning of Julian days: on a disk in memory time stands still.
const NOW: i64 = 212_633_985_600_000;

/// An open file as SQLite holds it: its own structure, and what is ours behind it.
#[repr(C)]
struct SqliteFile {
    base: sqlite::sqlite3_file,
    open: *mut Open,
}

/// An open file.
struct Open {
    machine: Arc<Machine>,
    file: FileId,
    handle: Handle,
    /// A journal or log that was made and not synced yet: its first sync syncs the folder too.
    is_new_journal: bool,
    /// Removed when it is closed.
    passing: Option<String>,
}

/// The number of the next open file.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Makes the disks known to SQLite, once.
pub(crate) fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // It stays for the life of the process, as SQLite wants it.
        let vfs = Box::leak(Box::new(vfs()));
        // SAFETY: the structure is complete, is never moved or freed, and is changed by nobody but SQLite.
        let result = unsafe { sqlite::sqlite3_vfs_register(vfs, 0) };
        assert_eq!(result, sqlite::SQLITE_OK, "SQLite does not take the disks");
    });
}

fn vfs() -> sqlite::sqlite3_vfs {
    sqlite::sqlite3_vfs {
        iVersion: 2,
        szOsFile: c_int::try_from(size_of::<SqliteFile>()).unwrap_or(c_int::MAX),
        mxPathname: c_int::try_from(LONGEST_PATH).unwrap_or(c_int::MAX),
        pNext: ptr::null_mut(),
        zName: VFS_NAME.as_ptr(),
        pAppData: ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: None,
        xGetLastError: None,
        xCurrentTimeInt64: Some(current_time),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

static METHODS: sqlite::sqlite3_io_methods = sqlite::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// A path that SQLite gave.
///
/// # Safety
///
/// `path` is null or a string that ends with a zero byte and lives as long as the result is used.
unsafe fn text<'a>(path: *const c_char) -> Option<&'a str> {
    if path.is_null() {
        return None;
    }
    // SAFETY: not null, and otherwise as the caller promises.
    unsafe { CStr::from_ptr(path) }.to_str().ok()
}

/// The open file behind SQLite's structure.
///
/// # Safety
///
/// `file` is one that [`open`] has filled and [`close`] has not been given; nobody else uses it at the same time, which
/// SQLite promises for each open file.
unsafe fn opened<'a>(file: *mut sqlite::sqlite3_file) -> &'a mut Open {
    // SAFETY: `open` was given room for a `SqliteFile`, as `szOsFile` says, and has put a box into it that is freed only by
    // `close`.
    unsafe { &mut *(*file.cast::<SqliteFile>()).open }
}

fn size(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or(0)
}

/// What SQLite is told of an operation that failed.
fn code(failed: Failed, operation: Operation) -> c_int {
    match (operation, failed.0) {
        (Operation::Open, _) => sqlite::SQLITE_CANTOPEN,
        (Operation::Delete, _) => sqlite::SQLITE_IOERR_DELETE,
        (Operation::Read, _) => sqlite::SQLITE_IOERR_READ,
        (Operation::Write, Failure::Full) => sqlite::SQLITE_FULL,
        (Operation::Write, Failure::Broken | Failure::Short) => sqlite::SQLITE_IOERR_WRITE,
        (Operation::Truncate, _) => sqlite::SQLITE_IOERR_TRUNCATE,
        (Operation::Sync, _) => sqlite::SQLITE_IOERR_FSYNC,
        (Operation::Share, _) => sqlite::SQLITE_IOERR_SHMMAP,
    }
}

fn answer(result: Result<(), Failed>, operation: Operation) -> c_int {
    result.map_or_else(|failed| code(failed, operation), |()| sqlite::SQLITE_OK)
}

unsafe extern "C" fn open(
    _: *mut sqlite::sqlite3_vfs,
    path: *const c_char,
    file: *mut sqlite::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let has = |flag: c_int| flags & flag != 0;
    // SAFETY: `file` has room for a `SqliteFile`, as `szOsFile` says. Without methods SQLite does not close it.
    unsafe { (*file).pMethods = ptr::null() };
    // SAFETY: SQLite gives null or a string that lives until the file is closed.
    let Some((machine, name)) = unsafe { text(path) }.and_then(Machine::of_path) else {
        return sqlite::SQLITE_CANTOPEN;
    };
    let mut folder = machine.folder();
    let (id, is_new) = match folder.open(name, has(sqlite::SQLITE_OPEN_CREATE)) {
        Ok(Some(found)) => found,
        Ok(None) => return sqlite::SQLITE_CANTOPEN,
        Err(failed) => return code(failed, Operation::Open),
    };
    // Whoever makes a database syncs the folder, before SQLite sees the file.
    if is_new && has(sqlite::SQLITE_OPEN_MAIN_DB) {
        folder.sync_names();
    }
    drop(folder);
    let journal =
        sqlite::SQLITE_OPEN_MAIN_JOURNAL | sqlite::SQLITE_OPEN_SUPER_JOURNAL | sqlite::SQLITE_OPEN_WAL;
    let open = Open {
        file: id,
        handle: NEXT.fetch_add(1, Ordering::Relaxed),
        is_new_journal: is_new && has(journal),
        passing: has(sqlite::SQLITE_OPEN_DELETEONCLOSE).then(|| name.to_owned()),
        machine,
    };
    let file = file.cast::<SqliteFile>();
    // SAFETY: there is room, as above; the box is freed by `close`, which SQLite calls because there are methods.
    unsafe {
        (*file).open = Box::into_raw(Box::new(open));
        (*file).base.pMethods = &raw const METHODS;
    }
    if !out_flags.is_null() {
        // SAFETY: not null, and then SQLite wants to know how the file was opened.
        unsafe { *out_flags = flags };
    }
    sqlite::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite::sqlite3_file) -> c_int {
    // SAFETY: `open` made the box, and SQLite closes a file once.
    let open = unsafe { Box::from_raw((*file.cast::<SqliteFile>()).open) };
    let mut folder = open.machine.folder();
    if let Some(locks) = folder.locks.get_mut(&open.file) {
        locks.unlock(open.handle, Level::None);
    }
    leave_shared(&mut folder, &open);
    if let Some(name) = &open.passing {
        // It has served; that it could not be removed harms nobody.
        let _stays = folder.delete(name, false);
    }
    folder.close(open.file);
    drop(folder);
    sqlite::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite::sqlite3_vfs, path: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite gives a string that lives until this returns.
    let Some((machine, name)) = unsafe { text(path) }.and_then(Machine::of_path) else {
        return sqlite::SQLITE_IOERR_DELETE_NOENT;
    };
    match machine.folder().delete(name, sync != 0) {
        Ok(true) => sqlite::SQLITE_OK,
        Ok(false) => sqlite::SQLITE_IOERR_DELETE_NOENT,
        Err(failed) => code(failed, Operation::Delete),
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite::sqlite3_vfs,
    path: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a string that lives until this returns.
    let there = unsafe { text(path) }.and_then(Machine::of_path).is_some_and(|(machine, name)| {
        let folder = machine.folder();
        let file = folder.content.find(name).and_then(|id| folder.content.file(id));
        // An empty journal is as good as none, as it is with SQLite's files on Unix.
        file.is_some_and(|file| flags != sqlite::SQLITE_ACCESS_EXISTS || file.len() > 0)
    });
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = c_int::from(there) };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut sqlite::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a string that lives until this returns.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes_with_nul();
    if path.len() > size(room) {
        return sqlite::SQLITE_CANTOPEN;
    }
    // SAFETY: there is room for the path with its end, as was checked, and the two do not overlap.
    unsafe { ptr::copy_nonoverlapping(path.as_ptr().cast(), out, path.len()) };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut sqlite::sqlite3_vfs, room: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite gives so much room. It takes its randomness from its usual files, so zeros will do here.
    unsafe { ptr::write_bytes(out, 0, size(room)) };
    room
}

unsafe extern "C" fn sleep(_: *mut sqlite::sqlite3_vfs, micros: c_int) -> c_int {
    // A connection that waits for another one; the other runs meanwhile.
    std::thread::sleep(Duration::from_micros(u64::try_from(micros).unwrap_or(0)));
    micros
}

unsafe extern "C" fn current_time(_: *mut sqlite::sqlite3_vfs, out: *mut sqlite::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = NOW };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut sqlite::sqlite3_file,
    buffer: *mut c_void,
    amount: c_int,
    at: sqlite::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a file that is open, and a buffer of this size that nobody else uses.
    let (open, buffer) =
        unsafe { (opened(file), std::slice::from_raw_parts_mut(buffer.cast::<u8>(), size(amount))) };
    let mut folder = open.machine.folder();
    let met = folder.meet(Operation::Read);
    let wanted = if met.is_ok() { buffer.len() } else { buffer.len() / 2 };
    let read = folder.content.file(open.file).map_or(0, |file| file.read(size(at), &mut buffer[..wanted]));
    drop(folder);
    match met {
        Err(failed) => code(failed, Operation::Read),
        Ok(()) if read < buffer.len() => {
            // SQLite wants the rest of a read beyond the end to be zeros.
            buffer[read..].fill(0);
            sqlite::SQLITE_IOERR_SHORT_READ
        }
        Ok(()) => sqlite::SQLITE_OK,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite::sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    at: sqlite::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a file that is open, and so many bytes that nobody changes meanwhile.
    let (open, bytes) =
        unsafe { (opened(file), std::slice::from_raw_parts(bytes.cast::<u8>(), size(amount))) };
    answer(open.machine.folder().write(open.file, size(at), bytes), Operation::Write)
}

unsafe extern "C" fn truncate(file: *mut sqlite::sqlite3_file, to: sqlite::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    answer(open.machine.folder().truncate(open.file, size(to)), Operation::Truncate)
}

unsafe extern "C" fn sync(file: *mut sqlite::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    let result = open.machine.folder().sync(open.file, open.is_new_journal);
    if result.is_ok() {
        open.is_new_journal = false;
    }
    answer(result, Operation::Sync)
}

unsafe extern "C" fn file_size(file: *mut sqlite::sqlite3_file, out: *mut sqlite::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    let len = open.machine.folder().content.file(open.file).map_or(0, crate::file::File::len);
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = i64::try_from(len).unwrap_or(i64::MAX) };
    sqlite::SQLITE_OK
}

fn level(number: c_int) -> Level {
    match number {
        sqlite::SQLITE_LOCK_NONE => Level::None,
        sqlite::SQLITE_LOCK_SHARED => Level::Shared,
        sqlite::SQLITE_LOCK_RESERVED => Level::Reserved,
        sqlite::SQLITE_LOCK_PENDING => Level::Pending,
        _ => Level::Exclusive,
    }
}

unsafe extern "C" fn lock(file: *mut sqlite::sqlite3_file, wanted: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    let mut folder = open.machine.folder();
    let given = folder.locks.entry(open.file).or_default().lock(open.handle, level(wanted));
    if given { sqlite::SQLITE_OK } else { sqlite::SQLITE_BUSY }
}

unsafe extern "C" fn unlock(file: *mut sqlite::sqlite3_file, to: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    open.machine.folder().locks.entry(open.file).or_default().unlock(open.handle, level(to));
    sqlite::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    let reserved = open.machine.folder().locks.entry(open.file).or_default().is_reserved();
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = c_int::from(reserved) };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut sqlite::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    sqlite::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite::sqlite3_file) -> c_int {
    c_int::try_from(SECTOR).unwrap_or(c_int::MAX)
}

unsafe extern "C" fn device_characteristics(_: *mut sqlite::sqlite3_file) -> c_int {
    sqlite::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite::sqlite3_file,
    region: c_int,
    bytes: c_int,
    may_make: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    let mut folder = open.machine.folder();
    let met = folder.meet(Operation::Share);
    let memory = met.is_ok().then(|| folder.shared.entry(open.file).or_default());
    let begin =
        memory.and_then(|memory| memory.region(open.handle, size(region), size(bytes), may_make != 0));
    drop(folder);
    // SAFETY: SQLite gives a place for the answer. What it points to lives until the connection unmaps it.
    unsafe { *out = begin.unwrap_or(ptr::null_mut()) };
    answer(met, Operation::Share)
}

unsafe extern "C" fn shm_lock(
    file: *mut sqlite::sqlite3_file,
    offset: c_int,
    n: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    let slots = size(offset)..size(offset) + size(n);
    let mut folder = open.machine.folder();
    let locks = &mut folder.shared.entry(open.file).or_default().locks;
    if flags & sqlite::SQLITE_SHM_UNLOCK != 0 {
        locks.unlock(open.handle, slots);
        return sqlite::SQLITE_OK;
    }
    let given = locks.lock(open.handle, slots, flags & sqlite::SQLITE_SHM_EXCLUSIVE != 0);
    if given { sqlite::SQLITE_OK } else { sqlite::SQLITE_BUSY }
}

unsafe extern "C" fn shm_barrier(_: *mut sqlite::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let open = unsafe { opened(file) };
    leave_shared(&mut open.machine.folder(), open);
    sqlite::SQLITE_OK
}

fn leave_shared(folder: &mut crate::folder::Folder, open: &Open) {
    let is_last = folder.shared.get_mut(&open.file).is_some_and(|memory| memory.leave(open.handle));
    if is_last {
        folder.shared.remove(&open.file);
    }
}
