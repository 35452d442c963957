//! Busy neighbours: with `HAVRE_TEST_BUSY=2` so many threads of the test process turn in a loop from its first service to its end.

use std::sync::Once;

/// Starts as many busy loops as `HAVRE_TEST_BUSY` says, once; none where it says nothing.
pub fn neighbours() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let Some(wanted) = std::env::var_os("HAVRE_TEST_BUSY") else { return };
        let wanted: u32 = wanted.to_str().unwrap().parse().unwrap();
        for _ in 0..wanted {
            std::thread::spawn(|| {
                loop {
                    std::hint::spin_loop();
                }
            });
        }
    });
}
