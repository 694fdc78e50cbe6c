//! How much memory this process may have: what a command takes of it unless somebody sets it.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

/// Commands that run side by side, what an encoder and the allocator keep beside the rows, previews, and user code
/// share the memory of the process.
const SHARE: u64 = 8;

/// More does not make a command faster.
const MOST: u64 = 1 << 30;

/// Less than this holds no row group.
const LEAST: u64 = 64 << 20;

/// Bytes for the rows of one command.
pub(super) fn command_memory() -> u64 {
    (available() / SHARE).clamp(LEAST, MOST)
}

/// The least of what the machine has, what its group of processes may take, and what its address space may be.
fn available() -> u64 {
    let address_space = getrlimit(Resource::As).current;
    [physical(), of_groups(Path::new("/sys/fs/cgroup")), address_space]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(u64::MAX)
}

/// The machine's own memory, where proc(5) tells it.
fn physical() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

/// What cgroups(7) of either version allow: the group of this process and all above it.
fn of_groups(root: &Path) -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let lines = own.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let path = path.trim_start_matches('/');
        match controllers {
            "" => Some((root.to_owned(), path, "memory.max")),
            _ if controllers.split(',').any(|name| name == "memory") => {
                Some((root.join("memory"), path, "memory.limit_in_bytes"))
            }
            _ => None,
        }
    });
    let limits = lines.flat_map(|(root, path, file)| {
        let folders: Vec<PathBuf> =
            Path::new(path).ancestors().map(|path| root.join(path)).collect();
        folders.into_iter().filter_map(move |folder| limit(&folder.join(file)))
    });
    limits.min()
}

/// `max` is no number, and no limit.
fn limit(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("memory.max");
        assert_eq!(limit(&file), None);
        fs::write(&file, "max\n").unwrap();
        assert_eq!(limit(&file), None);
        fs::write(&file, "4096\n").unwrap();
        assert_eq!(limit(&file), Some(4096));
    }

    #[test]
    fn a_machine_has_memory_and_a_command_some_of_it() {
        assert!(physical().is_none_or(|bytes| bytes > LEAST));
        assert!((LEAST..=MOST).contains(&command_memory()));
    }
}
