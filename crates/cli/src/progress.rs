//! Progress of long work, on a terminal only: a bar with what is done, the rate and what is left.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `total` items; draws on stderr, and only when that is a terminal.
pub(crate) fn bar(total: u64, doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
    let style = ProgressStyle::with_template("{msg} {bar:32.cyan/dim} {human_pos}/{human_len} {per_sec} {eta} left")
        .expect("the template of the bar is well-formed");
    bar.set_style(style.progress_chars("━━─"));
    bar.set_message(doing);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
