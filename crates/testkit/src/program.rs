//! The program as its users run it: arguments in; exit code, output and errors out; in a directory of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A directory in which the program is run. Its home, `home`, is the directory's own; it goes when the value goes.
pub struct Workplace {
    dir: TempDir,
    program: PathBuf,
}

/// How a run of the program ended.
#[derive(Debug)]
#[must_use = "either look at how it ended or say that it must have gone well"]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it printed beside.
    pub stderr: String,
}

impl Default for Workplace {
    fn default() -> Self {
        Self::new()
    }
}

impl Workplace {
    /// An empty directory, and the program built.
    ///
    /// # Panics
    /// When either cannot be made.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        Self { dir, program: program() }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file and answers its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().expect("a path in the directory has a parent")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file can be written into a temporary directory");
        path
    }

    /// Runs the program with these arguments, split at blanks.
    pub fn run(&self, arguments: &str) -> Ended {
        self.run_with(arguments, "", &[])
    }

    /// Runs the program with these arguments, this input and these environment variables; all others of its own are unset.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run_with(&self, arguments: &str, input: &str, environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(&self.program);
        command.current_dir(self.path()).args(arguments.split_whitespace());
        command.env_remove("COUNTERSIGN_VAULT_KEY").env("COUNTERSIGN_HOME", "home").env("NO_COLOR", "1");
        command.envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("the input is a pipe");
        // A program that needs no input may be gone before it is written.
        drop(stdin.write_all(input.as_bytes()));
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// What was printed by a run that must have gone well.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// What was printed beside by a run that must have ended with this code.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self.stderr
    }
}

/// Where the program is; built once for all tests of a process, which is next to nothing when it is up to date.
///
/// # Panics
/// When it does not build.
pub fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(build).clone()
}

fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("tests are in the folder `deps` of their profile");
    let profile = folder.file_name().and_then(|it| it.to_str()).expect("a profile's folder has a plain name");
    let profile = if profile == "debug" { "dev" } else { profile };
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = folder.parent().expect("a profile's folder is in the target folder");
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--package", "countersign", "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(workspace)
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the program does not build");
    folder.join("countersign")
}
