//! What a reader may do: compute, ask for memory up to a limit, read its pipe and write to it. Landlock takes files and TCP away,
//! seccomp every system call that a computation does not need, limits memory, core dumps, files and processes.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
use serde::{Deserialize, Serialize};

/// Which protections are in force in a reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Protections {
    /// No file can be opened, no TCP connection made (Landlock).
    pub files: bool,
    /// No system call beyond those of a computation (seccomp).
    pub system_calls: bool,
    /// Memory is limited; no core dumps, no new files, no new processes (`setrlimit`).
    pub limits: bool,
}

impl Protections {
    /// Whether all of them are in force.
    pub fn are_complete(self) -> bool {
        self.files && self.system_calls && self.limits
    }
}

/// Takes everything away that a reader does not need. There is no way back.
pub(super) fn enter(memory_bytes: u64) -> Protections {
    look_around();
    let limits = limit(memory_bytes).is_ok();
    let files = take_files().unwrap_or(false);
    let system_calls = take_system_calls().is_ok();
    Protections { files, system_calls, limits }
}

/// Has libraries find out now what they find out once, with system calls that a reader is about to lose: what the processor can
/// do, and where the kernel's clock is.
fn look_around() {
    #[cfg(target_arch = "x86_64")]
    let _ = std::arch::is_x86_feature_detected!("avx2");
    #[cfg(target_arch = "aarch64")]
    let _ = std::arch::is_aarch64_feature_detected!("sha2");
    let _ = clock_gettime(ClockId::ProcessCPUTime);
}

/// Gives the process so many more seconds of computing from now on; then the kernel ends it with SIGXCPU. The kernel counts
/// whole seconds, so the limit comes up to one second late.
pub(super) fn allow_seconds(seconds: u64) {
    let spent = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
    let soft = Some(spent + 1 + seconds);
    // Without it there is still the time limit of the parent.
    let _ = setrlimit(Resource::Cpu, Rlimit { current: soft, maximum: None });
}

fn limit(memory_bytes: u64) -> rustix::io::Result<()> {
    let at_most = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::As, at_most(memory_bytes))?;
    for resource in [Resource::Core, Resource::Fsize, Resource::Nproc] {
        setrlimit(resource, at_most(0))?;
    }
    Ok(())
}

fn take_files() -> Result<bool, landlock::RulesetError> {
    let newest = ABI::V5;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .create()?;
    Ok(ruleset.restrict_self()?.ruleset != RulesetStatus::NotEnforced)
}

fn take_system_calls() -> Result<(), Box<dyn std::error::Error>> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    let rules: BTreeMap<i64, Vec<_>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    let filter = SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, architecture)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

/// The system calls of a computation: its pipe, memory, clocks, randomness for hash tables, signals, and its end.
const ALLOWED: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_getrandom,
    libc::SYS_prlimit64,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];
