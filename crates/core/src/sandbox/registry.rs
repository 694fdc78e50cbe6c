//! The files of user code and the types that they offer.
//!
//! A scan never fails: what is wrong with one file is kept as its [`Fault`] beside the others' types. A
//! scan is a snapshot; who holds it goes on with the bytes it was made of, whatever happens to the files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::attachments::{Attachment, Beside, Folder};
use super::files::{file_name, files_of, kind_of, read};
use super::load::{Found, Loaded, in_parallel};
use super::{Description, Fault, FaultKind, Kind, Limits, Program};
use crate::problems::{excerpt, fold_name};

/// Most files of user code in all folders together.
const MOST_FILES: usize = 1_000;

/// Where user code comes from and what it may use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The folders, searched in this order; files in folders below them are not looked at.
    pub folders: Vec<PathBuf>,
    /// A folder of this user's for what compiling leaves behind; `None`: keep nothing.
    pub cache: Option<PathBuf>,
    /// What it may use.
    pub limits: Limits,
}

/// A file of user code as it was when it was read.
#[derive(Debug, Clone)]
pub struct ExtensionFile {
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// Its name with extension: what `script` or `module` of a field names.
    pub name: String,
    /// Its path as configured.
    pub path: PathBuf,
    /// SHA-256 of its bytes, 64 hexadecimal digits; where it names other files, of the digests of all of them.
    pub digest: String,
    /// Its bytes.
    pub bytes: Arc<Vec<u8>>,
    /// The files that it names, as they were read with it.
    pub attachments: Vec<Attachment>,
    /// What it compiled to.
    pub program: Arc<dyn Program>,
}

/// A type that a file offers.
#[derive(Debug, Clone)]
pub struct Extension {
    /// The name that `"type"` gives.
    pub type_name: String,
    /// The file.
    pub file: Arc<ExtensionFile>,
    /// Index of the generator in the file's descriptions.
    pub(crate) generator: usize,
}

impl Extension {
    /// What the generator says of itself.
    pub fn description(&self) -> &Description {
        &self.file.program.descriptions()[self.generator]
    }
}

/// The user code of some folders.
#[derive(Debug, Clone, Default)]
pub struct Extensions {
    files: Vec<Arc<ExtensionFile>>,
    /// By folded name.
    types: BTreeMap<String, Extension>,
    faults: Vec<Fault>,
    /// Files that did not compile.
    failed: Vec<FailedFile>,
    /// Paths of the files that code names, also of those that are not there.
    attached: Vec<PathBuf>,
    /// Files that do not compile any more: the versions before them are in use.
    older: Vec<(PathBuf, Fault)>,
    settings: Settings,
}

/// A file that did not compile, so that it is not tried again as long as it stays what it is: finding out may
/// take as long as compiling may.
#[derive(Debug, Clone)]
struct FailedFile {
    path: PathBuf,
    digest: String,
    fault: Fault,
}

impl Extensions {
    /// Reads the files of `settings.folders`. `reserved` tells what has a type's name already, in words.
    ///
    /// A folder that does not exist holds nothing. What has not changed since `before` is not compiled
    /// again, and a file that does not compile any more stays what it was there.
    pub(crate) fn scan(
        kinds: &[&'static dyn Kind],
        settings: &Settings,
        reserved: &dyn Fn(&str) -> Option<String>,
        before: Option<&Self>,
    ) -> Self {
        let mut all = Self::with(settings);
        let mut found = Vec::new();
        'folders: for folder in &settings.folders {
            for path in files_of(folder, &mut all.faults) {
                let Some(kind) = kind_of(kinds, &path) else { continue };
                match read(kind, folder, &path, settings) {
                    Ok(_) if found.len() >= MOST_FILES => {
                        let message = format!("more than {MOST_FILES} files of user code");
                        all.fault(FaultKind::Unreadable, &path, message);
                        break 'folders;
                    }
                    bytes => found.push(Found { kind, path, bytes }),
                }
            }
        }
        let loaded = in_parallel(found, |found| {
            let Found { kind, path, bytes } = found;
            let folder = Folder(folder_of(&path));
            let loaded =
                bytes.map(|bytes| Loaded::new(kind, &path, (bytes, &folder), settings, before));
            (kind, path, loaded)
        });
        for (kind, path, loaded) in loaded {
            match loaded {
                Ok(loaded) => {
                    let folder = Folder(folder_of(&path));
                    all.attached
                        .extend(loaded.attachments.iter().filter_map(|name| folder.path(name)));
                    all.admit(kind, &path, loaded, reserved);
                }
                Err(message) => all.fault(FaultKind::Unreadable, &path, message),
            }
        }
        all
    }

    /// No code yet: [`add`](Self::add) brings it.
    pub fn with(settings: &Settings) -> Self {
        Self { settings: settings.clone(), ..Self::default() }
    }

    /// Compiles one file and registers what it offers; a fault is kept instead.
    ///
    /// The files that it names are `beside` it.
    pub fn add(
        &mut self,
        kind: &'static dyn Kind,
        path: &Path,
        bytes: Vec<u8>,
        beside: &dyn Beside,
        reserved: &dyn Fn(&str) -> Option<String>,
    ) {
        let loaded = Loaded::new(kind, path, (bytes, beside), &self.settings, None);
        self.admit(kind, path, loaded, reserved);
    }

    /// Registers what a file offers, unless its name is taken.
    fn admit(
        &mut self,
        kind: &'static dyn Kind,
        path: &Path,
        loaded: Loaded,
        reserved: &dyn Fn(&str) -> Option<String>,
    ) {
        if let Some(other) = self.file(kind, &file_name(path)) {
            let message = format!("the name is taken by `{}` already", other.path.display());
            return self.fault(FaultKind::Compile, path, message);
        }
        if let Some(fault) = loaded.fault {
            // What the machine lacked it may have next time.
            if fault.kind != FaultKind::Machine {
                let (path, digest) = (path.to_owned(), loaded.digest);
                self.failed.push(FailedFile { path, digest, fault: (*fault).clone() });
            }
            self.faults.push(match &loaded.file {
                Some(_) => {
                    self.older.push((path.to_owned(), (*fault).clone()));
                    let message = format!("{}; the version before it stays in use", fault.message);
                    Fault { message, ..*fault }
                }
                None => *fault,
            });
        }
        if let Some(file) = loaded.file {
            self.register(file, reserved);
        }
    }

    /// Registers what a compiled file offers. `reserved` tells what has a type's name already, in words.
    pub fn register(
        &mut self,
        file: Arc<ExtensionFile>,
        reserved: &dyn Fn(&str) -> Option<String>,
    ) {
        let mut taken = Vec::new();
        for (generator, description) in file.program.descriptions().iter().enumerate() {
            let type_name = description.name.to_uppercase().replace('-', "_");
            let folded = fold_name(&type_name);
            let holder = reserved(&type_name).or_else(|| {
                let other = self.types.get(&folded)?;
                Some(format!("`{}`", other.file.path.display()))
            });
            if folded.is_empty() {
                taken.push(format!("`{}` has no letters to name a type by", excerpt(&type_name)));
            } else if let Some(holder) = holder {
                taken.push(format!(
                    "the type `{}` belongs to {holder} already",
                    excerpt(&type_name)
                ));
            } else {
                let extension = Extension { type_name, file: Arc::clone(&file), generator };
                self.types.insert(folded, extension);
            }
        }
        for message in taken {
            self.fault(FaultKind::Compile, &file.path, message);
        }
        self.files.push(file);
    }

    fn fault(&mut self, kind: FaultKind, path: &Path, message: String) {
        self.faults.push(Fault::new(kind, path.to_string_lossy(), message));
    }

    /// What the code was read with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The type that a model calls `name`.
    pub fn find(&self, name: &str) -> Option<&Extension> {
        self.types.get(&fold_name(name))
    }

    /// The file of `kind` that a field names: by its file name, without any folder.
    pub fn file(&self, kind: &dyn Kind, name: &str) -> Option<&Arc<ExtensionFile>> {
        let of_kind = |file: &&Arc<ExtensionFile>| file.kind.type_name() == kind.type_name();
        self.files.iter().filter(of_kind).find(|file| file.name == name)
    }

    /// Why the file at `path` did not compile, if it was this one.
    pub(super) fn failure(&self, path: &Path, digest: &str) -> Option<&Fault> {
        let failed = self.failed.iter().find(|one| one.path == path && one.digest == digest);
        failed.map(|failed| &failed.fault)
    }

    /// The file at `path`.
    pub(super) fn at(&self, path: &Path) -> Option<&Arc<ExtensionFile>> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Paths of the files that code names, also of those that are not there.
    pub(super) fn attached(&self) -> &[PathBuf] {
        &self.attached
    }

    /// Whether any file does not compile.
    pub(super) fn has_broken(&self) -> bool {
        !self.failed.is_empty()
    }

    /// Why `file` is not what lies at its path now, where that does not compile.
    pub fn older(&self, file: &ExtensionFile) -> Option<&Fault> {
        self.older.iter().find(|(path, _)| *path == file.path).map(|(_, fault)| fault)
    }

    /// All types, by name.
    pub fn types(&self) -> impl Iterator<Item = &Extension> {
        self.types.values()
    }

    /// All files that compiled, in the order of reading.
    pub fn files(&self) -> &[Arc<ExtensionFile>] {
        &self.files
    }

    /// What is wrong with the other files.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// The folder of a file.
fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Source;
    use super::*;
    use crate::columns::DataType;
    use crate::sandbox::{Binding, Prepared};

    /// A kind whose files name their types, one a line; `bad` does not compile.
    #[derive(Debug)]
    struct Lines;

    static LINES: Lines = Lines;

    thread_local! {
        /// Files that this thread compiled.
        static LOADS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    #[derive(Debug)]
    struct Listed(Vec<Description>);

    impl Kind for Lines {
        fn summary(&self) -> &'static str {
            "Lines."
        }

        fn example(&self) -> &'static str {
            "{}"
        }

        fn type_name(&self) -> &'static str {
            "LINES"
        }

        fn file_attribute(&self) -> &'static str {
            "list"
        }

        fn is_text(&self) -> bool {
            true
        }

        fn file_extensions(&self) -> &'static [&'static str] {
            &["lines"]
        }

        fn most_bytes(&self, _: &Limits) -> u64 {
            100
        }

        fn load(&self, source: &Source<'_>, _: &Limits) -> Result<Arc<dyn Program>, Box<Fault>> {
            LOADS.with(|loads| loads.set(loads.get() + 1));
            let text = String::from_utf8_lossy(source.bytes);
            if text.contains("bad") {
                return Err(Box::new(Fault::new(FaultKind::Compile, source.label, "it is bad")));
            }
            let description = |name: &str| Description {
                name: name.to_owned(),
                summary: String::new(),
                parameters: Vec::new(),
                inputs: Vec::new(),
                output: Some(DataType::Text),
                sub_values: Vec::new(),
            };
            Ok(Arc::new(Listed(text.lines().map(description).collect())))
        }
    }

    impl Program for Listed {
        fn descriptions(&self) -> &[Description] {
            &self.0
        }

        fn version(&self) -> &'static str {
            ""
        }

        fn prepare(&self, _: &Binding<'_>) -> Result<Prepared, Box<Fault>> {
            Err(Box::new(Fault::new(FaultKind::Refused, "", "nothing is made here")))
        }
    }

    fn scan(folders: &[&Path]) -> Extensions {
        let folders = folders.iter().map(|folder| (*folder).to_owned()).collect();
        let settings = Settings { folders, ..Settings::default() };
        let reserved = |name: &str| (name == "CITY").then(|| "the built-in type `CITY`".to_owned());
        Extensions::scan(&[&LINES], &settings, &reserved, None)
    }

    fn faults(all: &Extensions, folder: &Path) -> String {
        let shown = all.faults().iter().map(|fault| format!("{fault}\n")).collect::<String>();
        shown.replace(&*folder.to_string_lossy(), "…")
    }

    #[test]
    fn one_bad_file_hurts_no_other_and_clashes_name_both_places() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("a.lines", "iban\ncard-number"),
            ("b.lines", "bad"),
            ("c.lines", "IBAN\nwalk\ncity"),
            ("d.lines", &*"x".repeat(101)),
            ("e.txt", "ignored"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::create_dir(folder.path().join("f.lines")).unwrap();
        let all = scan(&[folder.path(), Path::new("/nowhere")]);
        let names: Vec<_> = all.types().map(|one| one.type_name.as_str()).collect();
        assert_eq!(names, ["CARD_NUMBER", "IBAN", "WALK"]);
        assert_eq!(all.find("card number").unwrap().file.name, "a.lines");
        insta::assert_snapshot!(faults(&all, folder.path()), @"
        …/b.lines: it is bad
        …/c.lines: the type `IBAN` belongs to `…/a.lines` already
        …/c.lines: the type `CITY` belongs to the built-in type `CITY` already
        …/d.lines: the file has more than 100 bytes
        …/f.lines: this is no file
        ");
    }

    /// A file that did not compile is not tried again before it changes.
    #[test]
    fn a_failure_is_found_out_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lines");
        fs::write(&path, "slow and bad").unwrap();
        let settings = Settings { folders: vec![folder.path().to_owned()], ..Settings::default() };
        let scan =
            |before: Option<&Extensions>| Extensions::scan(&[&LINES], &settings, &|_| None, before);
        let loads = || LOADS.with(|loads| loads.replace(0));
        let first = scan(None);
        assert_eq!((loads(), first.faults().len()), (1, 1));
        let second = scan(Some(&first));
        assert_eq!((loads(), second.faults()), (0, first.faults()));
        fs::write(&path, "good").unwrap();
        let third = scan(Some(&second));
        assert_eq!((loads(), third.faults().len()), (1, 0));
        fs::write(&path, "bad again").unwrap();
        let fourth = scan(Some(&scan(Some(&third))));
        assert_eq!(loads(), 1);
        assert_eq!(fourth.faults()[0].message, "it is bad; the version before it stays in use");
        assert!(fourth.find("GOOD").is_some());
    }

    #[test]
    fn links_that_lead_out_are_refused() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("x.lines"), "x").unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/y.lines"), "y").unwrap();
        for (target, name) in [
            (outside.path().join("x.lines"), "out.lines"),
            (PathBuf::from("below/y.lines"), "below.lines"),
            (PathBuf::from("nothing"), "dangling.lines"),
            (PathBuf::from("loop.lines"), "loop.lines"),
        ] {
            std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
        }
        let all = scan(&[folder.path()]);
        assert_eq!((all.files().len(), all.faults().len()), (0, 4));
        assert!(all.file(&LINES, "../x.lines").is_none());
        insta::assert_snapshot!(faults(&all, folder.path()), @"
        …/below.lines: the link leads out of the folder, which may not be read
        …/dangling.lines: the file cannot be read: No such file or directory (os error 2)
        …/loop.lines: the file cannot be read: Too many levels of symbolic links (os error 40)
        …/out.lines: the link leads out of the folder, which may not be read
        ");
    }
}
