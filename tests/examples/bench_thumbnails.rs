//! `make bench`: three thumbnails of a picture, as `media.make_thumbnails` makes them.
//!
//!     bench_thumbnails --make FILE     writes a JPEG of 12 megapixels with detail and noise
//!     bench_thumbnails FILE            makes 150, 300 and 800 pixels of it, ten times
//!
//! Prints JSON: the median of wall-clock and processor times in milliseconds, and peak memory in MB.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::time::Instant;

use images::{Limits, render};

const TIMES: usize = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments[0] == "--make" {
        std::fs::write(&arguments[1], picture(4_000, 3_000)).unwrap();
        return;
    }
    let bytes = std::fs::read(&arguments[0]).unwrap();
    let (mut wall, before) = (Vec::new(), cpu_seconds());
    for _ in 0..TIMES {
        let began = Instant::now();
        let rendered = render(&bytes, &[150, 300, 800], Limits::default()).unwrap();
        assert_eq!(rendered.thumbnails.len(), 3);
        wall.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    wall.sort_by(f64::total_cmp);
    let cpu = (cpu_seconds() - before) / TIMES as f64 * 1_000.0;
    println!("{}", serde_json::json!({ "wall_ms": wall[TIMES / 2], "cpu_ms": cpu, "peak_mb": peak_mb() }));
}

/// Draws waves of three colours with noise, as a photograph has edges and grain.
fn picture(width: usize, height: usize) -> Vec<u8> {
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(width, height);
    encoder.set_quality(85.0);
    encoder.set_fastest_defaults();
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    let mut noise = 0x2545_f491_u32;
    for y in 0..height {
        let mut line = Vec::with_capacity(width * 3);
        for x in 0..width {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let (x, y, grain) = (x as f64, y as f64, f64::from(noise % 41) - 20.0);
            for wave in [(x / 97.0 + y / 211.0).sin(), (x / 51.0 - y / 77.0).cos(), ((x + y) / 133.0).sin()] {
                line.push((128.0 + 95.0 * wave + grain).clamp(0.0, 255.0) as u8);
            }
        }
        started.write_scanlines(&line).unwrap();
    }
    started.finish().unwrap()
}

/// Returns the user and system time of this process, in seconds (`/proc/self/stat` counts hundredths).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
